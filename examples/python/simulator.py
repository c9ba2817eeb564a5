"""Starts the simulator as a process, and calls its control API."""

import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

# What `go build -o bin/tsauth ./cmd/tsauth` makes in the repository. For a copy of this
# file, TSAUTH says where tsauth is.
BINARY = os.environ.get("TSAUTH") or pathlib.Path(__file__).parents[2] / "bin" / "tsauth"
ARGS = ["simulate", "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json", "--exit-with-stdin"]


class Simulator:
    """A process with ports of its own. It ends with this process, even if this
    process is killed."""

    def __init__(self, *flags):
        try:
            self._process = subprocess.Popen([BINARY, *ARGS, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except FileNotFoundError as error:
            raise RuntimeError(f"cannot start {BINARY}: build it, or set TSAUTH to its path") from error
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the simulator ended with {self._process.returncode}; standard error says why")
        addresses = json.loads(line)
        self.url, self.control_url = addresses["url"], addresses["control_url"]

    def control(self, method, path, body=None):
        """Call the control API, such as control("POST", "/clock/advance", {"seconds": 300}).

        /openapi.yaml at control_url describes it.
        """
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control_url + path, data, method=method)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(text) if text else None

    def stop(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
