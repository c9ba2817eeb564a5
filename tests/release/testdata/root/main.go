package main

func main() { signIn() }
