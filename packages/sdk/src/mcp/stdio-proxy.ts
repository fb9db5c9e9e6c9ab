import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { systemClock } from "../clock.ts";
import type { Gate } from "../gate.ts";
import { linesOf, writeLine } from "./lines.ts";
import { createMcpSession } from "./mcp-session.ts";
import { errorAnswer, parseJson } from "./message.ts";
import type { ToolPins } from "./tool-pins.ts";

export interface StdioProxyOptions {
  readonly gate: Gate;
  /** the MCP server's program and its arguments; run without a shell */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** left out: what the server said in other sessions is not known */
  readonly pins?: ToolPins | undefined;
}

const PARSE_ERROR = -32_700;
/** A server that does not end after its input did is told to, and then killed. */
const END_MS = 2_000;

/**
 * Stands between an MCP client (this process's standard input and output) and a server that it starts: calls of stopped
 * tools are refused without reaching the server, calls under way are cancelled, stopped tools are not listed.
 *
 * @returns the exit code of the server, or 128 and its signal's number as a shell says it
 */
export async function runStdioProxy(options: StdioProxyOptions): Promise<number> {
  const [program = "", ...args] = options.command;
  const child = spawn(program, args, { env: options.env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 143)));
  });
  child.stdin.on("error", () => {}); // the server went away; its end says so
  const session = createMcpSession({
    gate: options.gate,
    pins: options.pins,
    now: () => systemClock.now(),
    toServer: (message) => void writeLine(child.stdin, message),
    toClient: (message) => void writeLine(options.stdout, message),
    newId: randomUUID,
    monotonicMs: () => systemClock.monotonicMs(),
  });
  const fromClient = passClientLines(options, child.stdin, session.fromClient)
    .catch((fault: unknown) => {
      // after the server's end the input is closed here, which is no fault
      if (!options.stdin.destroyed) process.stderr.write(`firebreak: the client's messages: ${String(fault)}\n`);
    })
    .finally(() => endServer(child));
  try {
    await Promise.all([passServerLines(child.stdout, options.stdout, session.fromServer), ended]);
    return await ended;
  } finally {
    session.close();
    options.stdin.destroy();
    await fromClient;
  }
}

async function passClientLines(
  { stdin, stdout }: StdioProxyOptions,
  server: Writable,
  judge: ReturnType<typeof createMcpSession>["fromClient"],
): Promise<void> {
  const answer = (message: unknown) => void writeLine(stdout, message);
  for await (const line of linesOf(stdin)) {
    if (line === "") continue;
    const message = parseJson(line);
    // written anew, so that both sides of the gate read the same text alike
    if (message === undefined) answer(errorAnswer(null, PARSE_ERROR, "This line is no JSON."));
    else await passOn(server, judge(message, answer));
  }
}

async function passServerLines(
  server: Readable,
  client: Writable,
  judge: ReturnType<typeof createMcpSession>["fromServer"],
): Promise<void> {
  for await (const line of linesOf(server)) {
    const message = line === "" ? undefined : parseJson(line);
    // what a server prints besides messages reaches no client: it would break its protocol
    if (message !== undefined) await passOn(client, judge(message));
  }
}

async function passOn(to: Writable, message: unknown): Promise<void> {
  if (message !== null) await writeLine(to, message);
}

function endServer(child: ChildProcessByStdio<Writable, Readable, null>): void {
  child.stdin.end();
  if (child.exitCode !== null || child.signalCode !== null) return;
  const term = setTimeout(() => child.kill("SIGTERM"), END_MS);
  const kill = setTimeout(() => child.kill("SIGKILL"), 2 * END_MS);
  child.on("close", () => {
    clearTimeout(term);
    clearTimeout(kill);
  });
}
