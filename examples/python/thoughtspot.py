"""The program under test: a small client of the REST API v2.0.

It keeps one token, gets a new one shortly before it expires or when the server
rejects it, and waits while the cluster is in maintenance.
"""

import json
import time
import urllib.error
import urllib.request

API = "/api/rest/2.0/"
MARGIN = 30  # how long before its expiry a token is replaced, in seconds


class Maintenance(Exception):
    """The cluster is in maintenance, and stayed so."""


class ThoughtSpot:
    def __init__(self, host, username, secret_key, attempts=3, pause=0.01, now=time.time):
        """now is the clock, in seconds. A test passes one that it can move."""
        self.host, self.username, self.secret_key = host, username, secret_key
        self.attempts, self.pause, self.now = attempts, pause, now
        self._token = self._renew_at = None

    def search(self, query):
        """Return the metadata objects that the user may see."""
        for attempt in range(self.attempts):
            if attempt > 0:
                time.sleep(self.pause)
            try:
                return self._authorized("metadata/search", query)
            except Maintenance:
                if attempt == self.attempts - 1:
                    raise

    def _authorized(self, path, body):
        """Send a request, once more with a new token if the server rejects the
        first: it has expired, or was revoked."""
        if self._token is None or self.now() >= self._renew_at:
            self._renew()
        try:
            return self._post(path, body, self._token)
        except urllib.error.HTTPError as error:
            if error.code != 401:
                raise
        self._renew()
        return self._post(path, body, self._token)

    def _renew(self):
        issued = self._post("auth/token/full", {"username": self.username, "secret_key": self.secret_key})
        self._token = issued["token"]
        self._renew_at = issued["expiration_time_in_millis"] / 1000 - MARGIN

    def _post(self, path, body, token=None):
        request = urllib.request.Request(self.host + API + path, json.dumps(body).encode(), method="POST")
        request.add_header("Accept", "application/json")
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request) as response:
                reject_page(response)
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                reject_page(error)
                raise


def reject_page(response):
    """A cluster in maintenance responds with a page, whatever the status."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise Maintenance(f"{response.url} is a page, with status {response.status}")
