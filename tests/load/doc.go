// Load lets the users of an application come all at once, asks its token service
// for them, and prints what they and the cluster met, as a table in Markdown:
//
//	go run .                          2,500 users within 2.5 s; two minutes
//	go run . -users 10000 -over 10s   six minutes
//	go run . -pace 0                  what the pace is for
//
// The cluster is the simulator, which lets 100 calls a second through, after a
// burst of 10. Of the users 1 % are slow: half of them send their request for
// three seconds, half take as long to read the answer. One in 1,000 opens 30 tabs
// at once. Cluster, service and users are a process each, and speak over the
// loopback interface:
//
//	tsauth              authflow/tokenservice with its defaults; pages ask again when it tells
//	                    them to
//	the vendor's SDK    express.js, a mint for each request; whoever gets an error stays without a
//	                    token
//	… and reload        the same, and whoever gets an error loads the page again after
//	                    2.5 to 7.5 s
//
// The files, in the order in which a run meets them:
//
//	main.go       the runs of the table
//	cluster.go    the cluster
//	service.go    the token service
//	express.js    the one to compare with
//	process.go    a service as a process, its memory and processor time
//	storm.go      the users
//	page.go       one of their pages, slow or not
//	report.go     the table
//
// Timings are worth comparing within one run only. On a machine that has no
// processor left, calls that were sent apart arrive together, and the cluster
// refuses some; authflow then asks again, and slower.
package main
