package main

func main() {
	store, printStored := withRedis()
	metrics, printCalls := withMetrics()
	signIn(store, metrics)
	printStored()
	printCalls()
}
