package main

func main() { signIn(withRedis()) }
