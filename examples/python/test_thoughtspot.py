"""My program survives expiry, revocation and a maintenance page, and renews ahead of time."""

import unittest

from simulator import Simulator
from thoughtspot import Maintenance, ThoughtSpot

KEY = "key-of-the-tests"
FOUND = [{"metadata_id": "m-1", "metadata_name": "Sales"}]


class SurvivalTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator("--secret-key", KEY)
        cls.addClassCleanup(cls.simulator.stop)

    def setUp(self):
        self.simulator.control("POST", "/reset")
        self.simulator.control("PUT", "/answers", {
            "method": "POST", "path": "/api/rest/2.0/metadata/search", "answers": [{"kind": "json", "json": FOUND}],
        })
        self.thoughtspot = ThoughtSpot(self.simulator.url, "tsadmin", KEY)

    def assert_tokens_requested(self, n):
        calls = self.simulator.control("GET", "/calls")["by_operation"]
        self.assertEqual(calls.get("getFullAccessToken", 0), n)

    def searches(self):
        """The requests for metadata that the simulator received."""
        return self.simulator.control("GET", "/requests?path=/api/rest/2.0/metadata/search")

    def test_a_page_is_asked_for_by_its_offset_and_size(self):
        self.thoughtspot.search({"record_offset": 50, "record_size": 50})
        self.assertEqual([s["body"] for s in self.searches()], [{"record_offset": 50, "record_size": 50}])

    def test_one_token_serves_many_requests(self):
        for _ in range(3):
            self.assertEqual(self.thoughtspot.search({}), FOUND)
        self.assert_tokens_requested(1)

    def test_a_token_that_expired_is_replaced(self):
        self.assertEqual(self.thoughtspot.search({}), FOUND)
        self.simulator.control("POST", "/clock/advance", {"seconds": 300})
        self.assertEqual(self.thoughtspot.search({}), FOUND)
        self.assert_tokens_requested(2)

    def test_a_token_is_replaced_before_it_expires_each_time(self):
        clock = self.simulator.control("GET", "/clock")
        self.thoughtspot = ThoughtSpot(self.simulator.url, "tsadmin", KEY, now=lambda: clock["now_in_millis"] / 1000)
        for tokens in range(1, 4):
            for seconds in (0, 200):  # a token lives for 300 seconds
                clock = self.simulator.control("POST", "/clock/advance", {"seconds": seconds})
                self.thoughtspot.search({})
                self.assert_tokens_requested(tokens)
            clock = self.simulator.control("POST", "/clock/advance", {"seconds": 95})
        self.assertEqual({s["status"] for s in self.searches()}, {200})

    def test_a_token_that_was_revoked_is_replaced_each_time(self):
        for revoked in range(3):
            self.assertEqual(self.thoughtspot.search({}), FOUND)
            self.assert_tokens_requested(revoked + 1)
            self.simulator.control("DELETE", "/credentials")

    def test_a_maintenance_page_is_waited_for_whatever_its_status(self):
        for status in (200, 503):
            fault = {"kind": "maintenance", "status": status}
            self.simulator.control("POST", "/faults", {"operation": "echo", "calls": 2, "fault": fault})
            self.assertEqual(self.thoughtspot.search({}), FOUND)
        self.assert_tokens_requested(1)

    def test_maintenance_that_lasts_is_an_error_and_over_afterwards(self):
        self.simulator.control("POST", "/faults", {"operation": "*", "fault": {"kind": "maintenance", "status": 200}})
        with self.assertRaises(Maintenance):
            self.thoughtspot.search({})
        self.simulator.control("DELETE", "/faults")
        self.assertEqual(self.thoughtspot.search({}), FOUND)


if __name__ == "__main__":
    unittest.main()
