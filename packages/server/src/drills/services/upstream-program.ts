/**
 * The service outside that agents of a drill call: `upstream-program.js FOLDER PORT CALLS_PER_SECOND`. It takes only keys that it
 * knows (401), refuses what comes too fast (429), and cannot answer without its store (503). Each request is a line of
 * `access.log`: when, from where, what, and how it was answered.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { systemClock, toIso } from "../../kernel/index.ts";
import { readKeys } from "./upstream-keys.ts";

const [, , folder = "", port = "", limit = ""] = process.argv;
const callsPerSecond = Number(limit);
let second = 0;
let calls = 0;

function isTooFast(nowMs: number): boolean {
  const current = Math.floor(nowMs / 1000);
  if (current !== second) [second, calls] = [current, 0];
  calls += 1;
  return calls > callsPerSecond;
}

function readStore(): string | null {
  try {
    return readFileSync(path.join(folder, "store", "answer.json"), "utf8");
  } catch {
    return null;
  }
}

function answer(url: string, authorization: string): { readonly status: number; readonly body: string } {
  const stored = readStore();
  if (url !== "/health") {
    if (!readKeys(folder).some((key) => authorization === `Bearer ${key}`)) return { status: 401, body: "no such key" };
    if (isTooFast(systemClock.now())) return { status: 429, body: "too many requests" };
  }
  return stored === null ? { status: 503, body: "the store is away" } : { status: 200, body: stored };
}

createServer((request, response) => {
  const { url = "/", method = "GET", socket, headers } = request;
  const { status, body } = answer(url, headers.authorization ?? "");
  const line = [toIso(systemClock.now()), socket.remoteAddress ?? "-", method, url.replaceAll(/\s/g, ""), status];
  appendFileSync(path.join(folder, "access.log"), `${line.join(" ")}\n`);
  response.writeHead(status, status === 429 ? { "retry-after": "1" } : {}).end(body);
}).listen(Number(port), "127.0.0.1");
