import { mkdtempSync, rmSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { hold, stopResult } from "@firebreak/protocol";
import type { Hold, StopResult } from "@firebreak/protocol";
import { z } from "zod";
import { messageOf } from "../kernel/index.ts";

/** What may be asked of a supervisor; one JSON object a line, one answer a line. None of it can lift a stop. */
const controlRequest = z.discriminatedUnion("op", [
  z.object({ op: z.literal("status") }),
  z.object({ op: z.literal("tree") }),
  z.object({ op: z.literal("enforce"), hold }),
  /** look at the holds again: thaws only when none is left */
  z.object({ op: z.literal("thaw") }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;

export interface ControlHandlers {
  status(): unknown;
  tree(): unknown;
  enforce(hold: Hold): Promise<StopResult>;
  thaw(): Promise<unknown>;
}

/** A Unix socket's path must fit into 104 bytes on macOS, 108 on Linux. */
const SOCKET_PATH_BYTES_MAX = 103;
const LINE_BYTES_MAX = 64 * 1024;
const CONNECTIONS_MAX = 32;

/** @returns a path that fits: in `dir`, else in a fresh directory of the owner's under the system's temporary one */
export function chooseSocketPath(dir: string, sessionId: string): string {
  const path = join(dir, `${sessionId}.sock`);
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path;
  return join(mkdtempSync(join(tmpdir(), "firebreak-")), "s");
}

export async function serveControl(path: string, handlers: ControlHandlers): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => readLines(socket, (line) => answer(socket, line, handlers)));
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  server.unref();
  return server;
}

/** Removes the socket, and its directory when it was made for it alone. */
export function closeControl(server: Server, path: string): void {
  server.close();
  rmSync(path, { force: true });
  if (path.endsWith("/s")) rmSync(dirname(path), { recursive: true, force: true });
}

function readLines(socket: Socket, onLine: (line: string) => void): void {
  let text = "";
  socket.setTimeout(30_000, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
    if (text.length > LINE_BYTES_MAX) socket.destroy();
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
      onLine(text.slice(0, end));
      text = text.slice(end + 1);
    }
  });
}

function answer(socket: Socket, line: string, handlers: ControlHandlers): void {
  const say = (reply: object) => {
    if (!socket.destroyed) socket.write(JSON.stringify(reply) + "\n");
  };
  run(line, handlers).then(
    (result) => say({ ok: true, result }),
    (fault: unknown) => say({ ok: false, message: messageOf(fault) }),
  );
}

async function run(line: string, handlers: ControlHandlers): Promise<unknown> {
  const request = controlRequest.parse(JSON.parse(line));
  switch (request.op) {
    case "status":
      return handlers.status();
    case "tree":
      return handlers.tree();
    case "enforce":
      return handlers.enforce(request.hold);
    case "thaw":
      return handlers.thaw();
    default:
      return request satisfies never;
  }
}

/**
 * Asks a supervisor.
 *
 * @returns its answer; null when it did not give one in time
 */
export async function askSupervisor(path: string, request: ControlRequest, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (value: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(value);
    };
    const timer = setTimeout(() => finish(null), timeoutMs);
    socket.on("error", () => finish(null));
    socket.on("close", () => finish(null));
    readLines(socket, (line) => finish(resultOf(line)));
    socket.write(JSON.stringify(request) + "\n");
  });
}

function resultOf(line: string): unknown {
  try {
    const reply: unknown = JSON.parse(line);
    return typeof reply === "object" && reply !== null && "result" in reply ? reply.result : null;
  } catch {
    return null;
  }
}

/** @returns the stop result in a supervisor's answer, or null */
export function readStopResult(value: unknown): StopResult | null {
  return stopResult.safeParse(value).data ?? null;
}
