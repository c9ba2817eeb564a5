// My program survives expiry, revocation and a maintenance page, and renews ahead of time.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { Simulator } from "./simulator.mjs";
import { Maintenance, ThoughtSpot } from "./thoughtspot.mjs";

const KEY = "key-of-the-tests";
const FOUND = [{ metadata_id: "m-1", metadata_name: "Sales" }];

let simulator, thoughtspot;

// node:test runs each file in a process, so each file has a simulator of its own.
before(async () => { simulator = await Simulator.start("--secret-key", KEY); });
after(() => simulator?.stop());

beforeEach(async () => {
  await simulator.control("POST", "/reset");
  await simulator.control("PUT", "/answers", {
    method: "POST", path: "/api/rest/2.0/metadata/search", answers: [{ kind: "json", json: FOUND }],
  });
  thoughtspot = new ThoughtSpot(simulator.url, "tsadmin", KEY);
});

async function tokensRequested() {
  const { by_operation } = await simulator.control("GET", "/calls");
  return by_operation.getFullAccessToken ?? 0;
}

// searches are the requests for metadata that the simulator received.
const searches = () => simulator.control("GET", "/requests?path=/api/rest/2.0/metadata/search");

test("a page is asked for by its offset and size", async () => {
  await thoughtspot.search({ record_offset: 50, record_size: 50 });
  assert.deepEqual((await searches()).map(({ body }) => body), [{ record_offset: 50, record_size: 50 }]);
});

test("one token serves many requests", async () => {
  for (let i = 0; i < 3; i++) assert.deepEqual(await thoughtspot.search({}), FOUND);
  assert.equal(await tokensRequested(), 1);
});

test("a token that expired is replaced", async () => {
  assert.deepEqual(await thoughtspot.search({}), FOUND);
  await simulator.control("POST", "/clock/advance", { seconds: 300 });
  assert.deepEqual(await thoughtspot.search({}), FOUND);
  assert.equal(await tokensRequested(), 2);
});

test("a token is replaced before it expires, each time", async () => {
  let { now_in_millis: now } = await simulator.control("GET", "/clock");
  const advance = async (seconds) => { ({ now_in_millis: now } = await simulator.control("POST", "/clock/advance", { seconds })); };
  thoughtspot = new ThoughtSpot(simulator.url, "tsadmin", KEY, { now: () => now });
  for (let tokens = 1; tokens <= 3; tokens++) {
    for (const seconds of [0, 200]) { // a token lives for 300 seconds
      await advance(seconds);
      await thoughtspot.search({});
      assert.equal(await tokensRequested(), tokens);
    }
    await advance(95);
  }
  assert.deepEqual(new Set((await searches()).map(({ status }) => status)), new Set([200]));
});

test("a token that was revoked is replaced, each time", async () => {
  for (let revoked = 0; revoked < 3; revoked++) {
    assert.deepEqual(await thoughtspot.search({}), FOUND);
    assert.equal(await tokensRequested(), revoked + 1);
    await simulator.control("DELETE", "/credentials");
  }
});

test("a maintenance page is waited for, whatever its status", async () => {
  for (const status of [200, 503]) {
    await simulator.control("POST", "/faults", { operation: "echo", calls: 2, fault: { kind: "maintenance", status } });
    assert.deepEqual(await thoughtspot.search({}), FOUND);
  }
  assert.equal(await tokensRequested(), 1);
});

test("maintenance that lasts is an error, and over afterwards", async () => {
  await simulator.control("POST", "/faults", { operation: "*", fault: { kind: "maintenance", status: 200 } });
  await assert.rejects(thoughtspot.search({}), Maintenance);
  await simulator.control("DELETE", "/faults");
  assert.deepEqual(await thoughtspot.search({}), FOUND);
});
