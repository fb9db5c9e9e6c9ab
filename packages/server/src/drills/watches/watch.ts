import { closeSync, openSync, readSync, statfsSync, statSync } from "node:fs";
import { connect } from "node:net";
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { SandboxApi } from "../sandbox/api.ts";
import { findMismatches } from "./checksums.ts";
import { sendEvents } from "./send-events.ts";
import type { Observation } from "./send-events.ts";

const EVERY_MS = 300;
const CONNECT_TIMEOUT_MS = 1000;
const BYTES_MAX = 64 * 1024;

/** What a monitor of the team looks at all the time, and reports. */
export const watchDocument = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("port"),
    service: z.string().min(1).max(64),
    port: z.union([z.string(), z.number()]),
  }),
  z.strictObject({ kind: z.literal("disk"), path: z.string().min(1) }),
  z.strictObject({ kind: z.literal("processor") }),
  z.strictObject({ kind: z.literal("requests"), service: z.string().min(1).max(64), path: z.string().min(1) }),
  z.strictObject({ kind: z.literal("log"), service: z.string().min(1).max(64), path: z.string().min(1) }),
  z.strictObject({ kind: z.literal("checksums"), service: z.string().max(64), folder: z.string(), sums: z.string() }),
]);
export type Watch = z.output<typeof watchDocument>;

/** Looks until the signal fires. A look that fails is tried again: what is watched may be there only later. */
export async function keepWatch(api: SandboxApi, watches: readonly Watch[], signal: AbortSignal): Promise<void> {
  const looks = watches.map(createLook);
  while (!signal.aborted) {
    for (const look of looks) await sendEvents(api, await look());
    await sleep(EVERY_MS);
  }
}

/** @returns a look that answers only what has changed since the last */
function createLook(watch: Watch): () => Promise<Observation[]> {
  switch (watch.kind) {
    case "port":
      return lookAtPort(watch.service, Number(watch.port));
    case "disk":
      return lookAtDisk(watch.path);
    case "processor":
      return lookAtProcessor();
    case "log":
      return lookAtLog(watch.path, (message) => [{ kind: "log", data: { service: watch.service, message } }]);
    case "requests":
      return lookAtLog(watch.path, (line) => readRequest(watch.service, line));
    case "checksums":
      return lookAtChecksums(watch);
    default:
      return watch satisfies never;
  }
}

function lookAtPort(service: string, port: number): () => Promise<Observation[]> {
  let before: boolean | null = null;
  return async () => {
    const isUp = await canConnect(port);
    if (isUp === before) return [];
    before = isUp;
    const message = isUp ? `port ${port} accepts connections` : `port ${port} refuses connections`;
    return [{ kind: "log", data: { service, status: isUp ? "up" : "down", message } }];
  };
}

/** How much of the time since the last look all processors of this machine were at work. */
function lookAtProcessor(): () => Promise<Observation[]> {
  let before = readTimes();
  return async () => {
    const now = readTimes();
    const [idle, total] = [now.idle - before.idle, now.total - before.total];
    before = now;
    if (total <= 0) return [];
    return [{ kind: "metric", data: { metric: "cpu_percent", value: Math.round((1 - idle / total) * 1000) / 10 } }];
  };
}

function readTimes(): { readonly idle: number; readonly total: number } {
  const times = os.cpus().map((one) => one.times);
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    total: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}

function lookAtDisk(path: string): () => Promise<Observation[]> {
  let before = -1;
  return async () => {
    const free = readFreeBytes(path);
    if (free === null || free === before) return [];
    before = free;
    return [{ kind: "metric", data: { metric: "disk_free_bytes", value: free, path } }];
  };
}

function readFreeBytes(path: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** @param tell what one line is reported as */
function lookAtLog(path: string, tell: (line: string) => Observation[]): () => Promise<Observation[]> {
  let read = 0;
  return async () => {
    const text = readFrom(path, read);
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    read += Buffer.byteLength(whole);
    return whole
      .split("\n")
      .filter((line) => line.trim() !== "")
      .flatMap(tell);
  };
}

const requestLine = z.object({ source: z.string(), path: z.string(), status: z.number(), ms: z.number() });

/** A line of the service gateway. Who is let in or sent away behind the token has signed in, or tried to. */
function readRequest(service: string, line: string): Observation[] {
  const { source, path, status, ms } = requestLine.parse(JSON.parse(line));
  const data = { service, source_ip: source, resource: path, status };
  if (path === "/health") return [{ kind: "network", data: { ...data, duration_ms: ms } }];
  return [{ kind: "auth", outcome: status < 400 ? "success" : "failure", data }];
}

function lookAtChecksums({ service, folder, sums }: Extract<Watch, { kind: "checksums" }>) {
  let before = "";
  return async (): Promise<Observation[]> => {
    const wrong = findWrong(folder, sums).join(", ");
    if (wrong === before) return [];
    before = wrong;
    const message = wrong === "" ? "all as they should be" : `checksum mismatch: ${wrong}`;
    return [{ kind: "log", data: { service, message } }];
  };
}

function findWrong(folder: string, sums: string): string[] {
  try {
    return findMismatches(folder, sums);
  } catch {
    return [];
  }
}

function readFrom(path: string, position: number): string {
  try {
    if (statSync(path).size <= position) return "";
    const file = openSync(path, "r");
    try {
      const buffer = Buffer.alloc(BYTES_MAX);
      return buffer.toString("utf8", 0, readSync(file, buffer, 0, BYTES_MAX, position));
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: CONNECT_TIMEOUT_MS });
    const settle = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}
