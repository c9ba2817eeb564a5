"""300 calls in 20 minutes of the simulator's clock, whose tokens live for 5 minutes.

It runs as the command of tsauth proxy. The base address is all that it knows.
"""
import json
import os
import urllib.request

base, control = os.environ["THOUGHTSPOT_HOST"], os.environ["CONTROL"]


def send(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return response.status, json.load(response)


def by_urllib(body):
    return send(base + "/api/rest/2.0/metadata/search", body)


def by_requests(session, body):
    response = session.post(base + "/api/rest/2.0/metadata/search", json=body)
    return response.status_code, response.json()


ways = [by_urllib]
try:
    import requests

    session = requests.Session()
    ways.append(lambda body: by_requests(session, body))
except ImportError:
    print("without requests")

statuses = {}
for number in range(300):
    status, answer = ways[number % len(ways)]({"number": number})
    statuses[status] = statuses.get(status, 0) + 1
    assert json.loads(answer["body"]) == {"number": number}, answer
    send(control + "/clock/advance", {"seconds": 4})
print(json.dumps(statuses))
