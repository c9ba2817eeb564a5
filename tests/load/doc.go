// Load lets the users of an application come all at once, asks its token service
// for them, and prints what they and the cluster met, as a table in Markdown:
//
//	go run .                          2,500 users within 2.5 s; two minutes
//	go run . -users 10000 -over 10s   six minutes
//	go run . -rate 0                  without a rate limit
//
// The cluster is the simulator, which lets 100 calls a second through, after a
// burst of 10. Of the users 1 % are slow: half of them send their request for
// three seconds, and half take as long to read the response. One in 1,000 opens 30
// tabs at once. Cluster, service and users are a process each, and communicate over
// the loopback interface:
//
//	tsauth              authflow/tokenservice with its defaults; pages request again when it
//	                    tells them to
//	the vendor's SDK    express.js, a mint for each request; a page that gets an error stays
//	                    without a token
//	… and reload        the same, and a page that gets an error is loaded again after
//	                    2.5 to 7.5 s
//
// The files, in the order in which a run meets them:
//
//	main.go       the runs of the table
//	cluster.go    the cluster
//	service.go    the token service
//	express.js    the service to compare with
//	process.go    a service as a process, its memory and processor time
//	storm.go      the users
//	page.go       one of their pages, slow or not
//	report.go     the table
//
// Timings are worth comparing within one run only. On a machine that has no
// processor left, calls that were sent apart arrive together, and the cluster
// rejects some of them. authflow then requests again, at a lower rate.
package main
