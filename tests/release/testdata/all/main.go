package main

func main() {
	metrics, printAcquired := withMetrics()
	signIn(withRedis(), metrics)
	printAcquired()
}
