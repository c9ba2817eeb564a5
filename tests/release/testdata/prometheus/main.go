package main

func main() {
	metrics, printAcquired := withMetrics()
	signIn(metrics)
	printAcquired()
}
