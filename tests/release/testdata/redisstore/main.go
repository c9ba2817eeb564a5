package main

func main() {
	store, printStored := withRedis()
	signIn(store)
	printStored()
}
