// The program under test: a small client of the REST API v2.0. It keeps one
// token, gets a new one shortly before it expires or when the server rejects it, and
// waits while the cluster is in maintenance.

const API = "/api/rest/2.0/";
const MARGIN = 30_000; // how long before its expiry a token is replaced, in milliseconds

export class Maintenance extends Error {}

export class ThoughtSpot {
  #token;
  #renewAt;

  // now is the clock, in milliseconds. A test passes one that it can move.
  constructor(host, username, secretKey, { attempts = 3, pause = 10, now = Date.now } = {}) {
    Object.assign(this, { host, username, secretKey, attempts, pause, now });
  }

  // search returns the metadata objects that the user may see.
  async search(query) {
    for (let attempt = 1; ; attempt++) {
      const response = await this.#authorized("metadata/search", query);
      if (!isPage(response)) return json(response);
      if (attempt === this.attempts) throw new Maintenance(`${this.host} is in maintenance`);
      await new Promise((resume) => setTimeout(resume, this.pause));
    }
  }

  // authorized sends a request with the token, and once more with a new one if
  // the server rejects it: it has expired, or was revoked.
  async #authorized(path, body) {
    if (!this.#token || this.now() >= this.#renewAt) await this.#renew();
    const response = await this.#post(path, body, this.#token);
    if (response.status !== 401) return response;
    await this.#renew();
    return this.#post(path, body, this.#token);
  }

  async #renew() {
    const { username, secretKey: secret_key } = this;
    const issued = await json(await this.#post("auth/token/full", { username, secret_key }));
    this.#token = issued.token;
    this.#renewAt = issued.expiration_time_in_millis - MARGIN;
  }

  #post(path, body, token) {
    const headers = { "Accept": "application/json", "Content-Type": "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    return fetch(this.host + API + path, { method: "POST", headers, body: JSON.stringify(body) });
  }
}

// A cluster in maintenance responds with a page, whatever the status.
function isPage(response) {
  return (response.headers.get("Content-Type") ?? "").startsWith("text/html");
}

async function json(response) {
  if (isPage(response)) throw new Maintenance(`${response.url} is a page, with status ${response.status}`);
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response.json();
}
