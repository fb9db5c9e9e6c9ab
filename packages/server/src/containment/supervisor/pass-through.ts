import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "./session.ts";
import { createLineReader, makeEvent, parseTelemetryLine } from "./telemetry.ts";

const DRAIN_MS = 1000;

/** Tees the output: to the terminal as it comes, to the log, and line by line to telemetry. */
export function passThrough(session: Session, child: ChildProcess): () => void {
  const { stdout, stderr } = session.options.stdio;
  const ends = [tee(session, child.stdout, stdout, "stdout"), tee(session, child.stderr, stderr, "stderr")];
  return () => {
    for (const end of ends) end();
  };
}

function tee(session: Session, from: Readable | null, to: Writable, stream: "stdout" | "stderr"): () => void {
  if (from === null) return () => {};
  const reader = createLineReader((line) => takeLine(session, line, stream));
  const resume = () => from.resume();
  // whoever read our output may be gone; the agent runs on
  const ignore = () => {};
  to.on("error", ignore);
  from.on("error", ignore);
  from.on("data", (chunk: Buffer) => {
    session.output.write(chunk);
    reader.push(chunk);
    if (!to.write(chunk) && to.writable) {
      from.pause();
      to.once("drain", resume);
    }
  });
  return () => {
    reader.end();
    to.off("drain", resume);
    to.off("error", ignore);
    from.destroy();
  };
}

function takeLine(session: Session, line: string, stream: "stdout" | "stderr"): void {
  const event = stream === "stdout" ? parseTelemetryLine(line, session.maker) : null;
  if (event !== null) session.spool.push(event);
  else if (session.options.logLines === true && line !== "") {
    session.spool.push(makeEvent(session.maker, "log", { stream, text: line.slice(0, 4096) }));
  }
}

/** Takes what is still in the pipes; they close with the last process that holds them. */
export async function drain(child: ChildProcess): Promise<void> {
  const open = [child.stdout, child.stderr].filter((stream) => stream !== null && !stream.readableEnded);
  const ended = Promise.all(open.map(async (stream) => stream !== null && once(stream, "end").catch(() => undefined)));
  await Promise.race([ended, sleep(DRAIN_MS)]);
}
