// Starts the simulator as a process, and calls its control API.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

// What `go build -o bin/tsauth ./cmd/tsauth` makes in the repository. For a copy of this
// file, TSAUTH says where tsauth is.
const BINARY = process.env.TSAUTH ?? fileURLToPath(new URL("../../bin/tsauth", import.meta.url));
const ARGS = ["simulate", "--addr", "127.0.0.1:0", "--control", "127.0.0.1:0", "--json", "--exit-with-stdin"];

export class Simulator {
  // start starts a process with ports of its own. It ends when stop is called, or
  // when this process is killed; without stop, this process waits for it.
  static async start(...flags) {
    const child = spawn(BINARY, [...ARGS, ...flags], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child, "spawn").catch((cause) => {
      throw new Error(`cannot start ${BINARY}: build it, or set TSAUTH to its path`, { cause });
    });
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the simulator ended with ${code}; standard error says why`);
    });
    const [line] = await Promise.race([once(createInterface(child.stdout), "line"), ended]);
    const simulator = new Simulator();
    const { url, control_url } = JSON.parse(line);
    return Object.assign(simulator, { child, url, controlURL: control_url });
  }

  // control calls the control API, such as control("POST", "/clock/advance", { seconds: 300 }).
  // /openapi.yaml at controlURL describes it.
  async control(method, path, body) {
    const response = await fetch(this.controlURL + path, {
      method,
      headers: body && { "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  async stop() {
    this.child.stdin.end();
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
  }
}
