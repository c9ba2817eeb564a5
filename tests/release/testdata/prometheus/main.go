package main

func main() {
	metrics, printCalls := withMetrics()
	signIn(metrics)
	printCalls()
}
