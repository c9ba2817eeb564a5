package contract_test

import "testing"

func TestReport_OfAnAlteredServer(t *testing.T) {
	if live() {
		t.Skip("THOUGHTSPOT_HOST is set: this run is the live one")
	}
	out, err := liveRun(t, buildSimulator(t), nil, nil, alterations()...)
	if err != nil {
		t.Fatalf("the suite fails: %v\n%s", err, out)
	}
	t.Log(out)
}
