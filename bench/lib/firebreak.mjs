import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer, get } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stillRunning, treeOf } from "./processes.mjs";

export const repository = path.resolve(import.meta.dirname, "../..");
export const cli = path.join(repository, "packages/server/dist/program/firebreak.js");
/** Loads a library as the server does. */
export const requireAsServer = createRequire(path.join(repository, "packages/server/package.json"));

const HEALTHY_WITHIN_MS = 60_000;
const POLL_MS = 5;
const KILL_AFTER_MS = 20_000;
const GONE_WITHIN_MS = 5_000;

export function makeTempDir() {
  return mkdtempSync(path.join(tmpdir(), "firebreak-bench-"));
}

export function removeDir(directory) {
  // archives of evidence cannot be deleted as they are, where Firebreak may make them so
  spawnSync("/usr/bin/chattr", ["-R", "-f", "-ia", directory]);
  rmSync(directory, { recursive: true, force: true });
}

/**
 * Waits for an answer other than undefined.
 * @throws Error that names what was waited for
 */
export async function until(what, ask, { withinMs = 30_000, everyMs = 25 } = {}) {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs / 1000} s in vain for ${what}`);
    await sleep(everyMs);
  }
}

async function findFreePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isHealthy(port) {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/health", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? true : undefined);
    });
    request.on("error", () => resolve(undefined));
  });
}

/** Starts `node ARGUMENTS`, keeps the end of its output, and can end it the polite way, then the other way. */
export function startNode(args, options = {}) {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let tail = "";
  const keep = (piece) => (tail = (tail + piece).slice(-4000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    await ended;
    clearTimeout(timer);
  };
  return { child, pid: child.pid, ended, end, tail: () => tail };
}

/** The environment of a process of this home; nothing of ours that could point it elsewhere. */
export function environmentOf(home) {
  const elsewhere = { DATABASE_URL: undefined, FIREBREAK_URL: undefined, FIREBREAK_TOKEN: undefined };
  // a benchmark loads the machine on purpose
  const quiet = { FIREBREAK_RESOURCE_GUARD: "off" };
  return { ...process.env, ...elsewhere, ...quiet, FIREBREAK_HOME: home };
}

/**
 * Starts `firebreak up` with the embedded database and waits until `GET /health` answers 200.
 * @param options.port default any free one
 * @returns the running server; `healthyAfterMs` counts from the spawn; `stop` returns how long the clean stop took,
 *   until nothing is left
 */
export async function startFirebreak(home, { main = cli, nodeOptions = [], port: wanted } = {}) {
  const port = wanted ?? (await findFreePort());
  const startedMs = performance.now();
  // as the command `firebreak` starts it
  const server = startNode(
    ["--max-semi-space-size=64", ...nodeOptions, main, "up", "--port", String(port), "--log-level", "error"],
    {
      env: environmentOf(home),
    },
  );
  const whenHealthy = { withinMs: HEALTHY_WITHIN_MS, everyMs: POLL_MS };
  try {
    await until(
      "a healthy server",
      () => {
        if (server.child.exitCode !== null) throw new Error(`firebreak up ended: ${server.tail()}`);
        return isHealthy(port);
      },
      whenHealthy,
    );
  } catch (error) {
    await server.end();
    throw error;
  }
  const healthyAfterMs = performance.now() - startedMs;
  const token = readFileSync(path.join(home, "secrets/cli-token"), "utf8").trim();
  const stop = async () => {
    // Only from then on it handles signals itself.
    await until("the server to say that it runs", () =>
      server.tail().includes("Firebreak is running") ? true : undefined,
    );
    const tree = treeOf(server.pid);
    const stopMs = performance.now();
    await server.end();
    if (server.child.exitCode !== 0) throw new Error(`the server did not end cleanly: ${server.tail()}`);
    const isAllGone = () => (stillRunning(tree).length === 0 ? true : undefined);
    await until("the last process of the server to end", isAllGone, { withinMs: GONE_WITHIN_MS, everyMs: POLL_MS });
    return performance.now() - stopMs;
  };
  return { home, port, token, pid: server.pid, healthyAfterMs, stop, api: createApi(port, token) };
}

function createApi(port, token) {
  return async (method, apiPath, body) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${apiPath}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${apiPath}: ${response.status} ${await response.text()}`);
    return response.json();
  };
}

/** Asks the embedded database of a home directly, beside the server. */
export async function queryDatabase(home, text) {
  const { Client } = requireAsServer("pg");
  const client = new Client({
    host: path.join(home, "postgres"),
    port: 5432,
    user: "firebreak",
    password: readFileSync(path.join(home, "secrets/postgres"), "utf8").trim(),
    database: "postgres",
  });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Lays the built server out as an installed package, with the shipped profiles but a rules directory of its own that is
 * empty: `firebreak up` looks for `data/` beside `dist/` first.
 * @returns the path of its command line program
 */
export function layOutWithoutRules(directory) {
  const server = path.join(repository, "packages/server");
  cpSync(path.join(server, "dist"), path.join(directory, "dist"), { recursive: true });
  cpSync(path.join(server, "package.json"), path.join(directory, "package.json"));
  cpSync(path.join(repository, "profiles"), path.join(directory, "data/profiles"), { recursive: true });
  mkdirSync(path.join(directory, "data/rules"));
  symlinkSync(path.join(repository, "node_modules"), path.join(directory, "node_modules"));
  return path.join(directory, "dist/program/firebreak.js");
}

/**
 * Starts `firebreak run` with a tree of ten processes; `marker` is a number that names them on their command lines. The
 * workspace, which becomes evidence, is empty: its size is not what is measured.
 */
export function startAgent(home, { agent, pack, marker }) {
  const nap = `sleep 6000.${marker}`;
  const script = `for i in 1 2 3 4 5 6 7; do ${nap} & done; setsid sh -c '${nap} & wait' & wait`;
  const args = [cli, "run", "--agent", agent, "--pack", pack, "--", "/bin/sh", "-c", script];
  const workspace = makeTempDir();
  return { workspace, ...startNode(args, { env: environmentOf(home), cwd: workspace }) };
}
