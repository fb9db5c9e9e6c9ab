import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Hold, ProcessIdentity, StopResult } from "@firebreak/protocol";
import { messageOf, toIso } from "../../kernel/index.ts";
import { killswitchPaths } from "../../killswitch/index.ts";
import type { ForeignCache } from "../process-tree/index.ts";
import { confirmCgroup, createTreeHandle, killTree, listTree, spawnInTree, watchTree } from "../process-tree/index.ts";
import { writeFinalFacts, writeSupervisorEntry } from "../registry.ts";
import type { TreeState } from "./enforcement.ts";
import { hasComeLoose } from "./enforcement.ts";
import { EXIT_CANNOT_RUN } from "./options.ts";
import type { Session } from "./session.ts";
import { createLineReader, makeEvent, parseTelemetryLine } from "./telemetry.ts";

const KILL_LEFTOVERS_MS = 3000;
const DRAIN_MS = 1000;
const FLUSH_MS = 2000;
const WATCH_MS = 250;
/** With a cgroup only those that left it need to be seen; each look reads the whole process table. */
const WATCH_CGROUP_MS = 3000;
const GUARD_FROZEN_MS = 500;
const HEARTBEAT_MS = 5000;
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Starts the agent, watches over it until it ends, and leaves nothing of it behind. @returns the exit code */
export async function runAgent(session: Session, agentToken: string | null): Promise<number> {
  const { options, killswitch, enforcement } = session;
  session.changes.on("change", (state: TreeState, detail: { holds: Hold[]; result: StopResult | null }) => {
    reportChange(session, state, detail);
  });
  const child = startAgent(session, agentToken);
  const exited = waitForExit(child);
  const unwatch = killswitch.watch(() => void enforcement.reconcile());
  // a stop may have come between the first look and the start
  void enforcement.reconcile();
  const stopPassing = passThrough(session, child);
  const stopForwarding = forwardSignals(session);
  const stopWatching = watchOver(session);
  try {
    const exit = await exited;
    await enforcement.settled();
    return await finish(session, child, exit);
  } catch (fault) {
    options.stdio.stderr.write(`firebreak: ${options.command[0] ?? ""}: ${messageOf(fault)}\n`);
    return EXIT_CANNOT_RUN;
  } finally {
    stopWatching();
    stopForwarding();
    stopPassing();
    unwatch();
  }
}

function startAgent(session: Session, agentToken: string | null): ChildProcess {
  const { options, entry } = session;
  const { child, root } = spawnInTree({
    command: options.command,
    cgroup: entry.cgroup,
    cwd: options.cwd,
    env: childEnvironment(session, agentToken),
    stdio: [options.stdio.stdin, "pipe", "pipe"],
  });
  session.entry = { ...entry, root };
  session.handle = createTreeHandle({ ...session.handle, root });
  writeSupervisorEntry(options.home, session.entry);
  emit(session, "started", {
    command: options.command.slice(0, 64),
    pid: root?.pid ?? null,
    cgroup: entry.cgroup !== null,
  });
  return child;
}

/** What the agent is told. The token of whoever runs the supervisor stays here. */
function childEnvironment({ options, entry, link }: Session, agentToken: string | null): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(options.env)) {
    if (value !== undefined && !key.startsWith("FIREBREAK_")) env[key] = value;
  }
  env["FIREBREAK_SESSION"] = entry.sessionId;
  env["FIREBREAK_AGENT"] = entry.agentId;
  if (entry.pack !== null) env["FIREBREAK_PACK"] = entry.pack;
  env["FIREBREAK_KILLSWITCH"] = killswitchPaths(options.home).dir;
  const url = typeof options.server === "object" ? options.server.url : (link?.url ?? null);
  if (url !== null) env["FIREBREAK_URL"] = url;
  if (agentToken !== null) env["FIREBREAK_TOKEN"] = agentToken;
  return env;
}

async function waitForExit(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** Tees the output: to the terminal as it comes, to the log, and line by line to telemetry. */
function passThrough(session: Session, child: ChildProcess): () => void {
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

/** The agent has its own process group, so a terminal's Ctrl-C comes here first. */
function forwardSignals(session: Session): () => void {
  const emitter = session.options.signals ?? process;
  let whileFrozen = 0;
  const listeners = FORWARDED.map((signal) => {
    const listener = () => {
      if (session.enforcement.state === "frozen" && ++whileFrozen === 1) {
        session.options.stdio.stderr.write("firebreak: the agent is frozen by a stop; the same again kills it\n");
      }
      forward(session, whileFrozen > 1 ? "SIGKILL" : signal);
    };
    emitter.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) emitter.off(signal, listener);
  };
}

function forward(session: Session, signal: NodeJS.Signals): void {
  const { root } = session.entry;
  if (root === null) return;
  try {
    process.kill(-root.pid, signal);
  } catch {
    // the group is gone; its exit is on the way
  }
}

/** Remembers members, keeps a frozen tree frozen, and beats. */
function watchOver(session: Session): () => void {
  const foreign: ForeignCache = new Map();
  const { cgroup } = session.entry;
  let checked = cgroup === null;
  const look = setInterval(
    () => {
      if (!checked) checked = checkCgroup(session);
      watchTree(session.handle, foreign);
      rememberSeen(session);
    },
    cgroup === null ? WATCH_MS : WATCH_CGROUP_MS,
  );
  const guard = setInterval(() => {
    if (hasComeLoose(session.enforcement.state, session.handle)) void session.enforcement.reconcile();
  }, GUARD_FROZEN_MS);
  const beat = setInterval(() => {
    const { state } = session.enforcement;
    session.spool.push(makeEvent(session.maker, "heartbeat", { state, processes: session.handle.seen.size }));
    session.link?.beat();
  }, session.options.heartbeatMs ?? HEARTBEAT_MS);
  return () => {
    clearInterval(look);
    clearInterval(guard);
    clearInterval(beat);
  };
}

/** The kernel may have refused to take the agent into its group; then the group proves nothing. */
function checkCgroup(session: Session): true {
  const { root, cgroup } = session.entry;
  if (root !== null && cgroup !== null && confirmCgroup(root, cgroup) === null) {
    session.options.logger.warn("the agent is not in its cgroup; it is followed by its processes only", {
      path: cgroup.path,
    });
    session.handle = createTreeHandle({ ...session.handle, cgroup: null });
    session.entry = { ...session.entry, cgroup: null };
  }
  return true;
}

function rememberSeen(session: Session): void {
  const seen = [...session.handle.seen].slice(-8192);
  const known = session.entry.seen;
  if (seen.length === known.length && seen.every(([pid, start], i) => known[i]?.[0] === pid && known[i][1] === start))
    return;
  session.entry = { ...session.entry, seen };
  try {
    writeSupervisorEntry(session.options.home, session.entry);
  } catch (fault) {
    session.options.logger.warn("the session's registry file could not be written", { error: messageOf(fault) });
  }
}

function emit(
  session: Session,
  event: string,
  data: Record<string, string | number | boolean | null | string[]>,
): void {
  session.spool.push(makeEvent(session.maker, "lifecycle", { event, ...data }));
}

function reportChange(
  session: Session,
  state: TreeState,
  { holds, result }: { holds: readonly Hold[]; result: StopResult | null },
): void {
  const names = { running: "thawed", frozen: "frozen", killed: "killed" } as const;
  emit(session, names[state], {
    holds: holds.map((hold) => hold.id),
    state: result?.state ?? null,
    proof: result?.proof ?? null,
    elapsedMs: result?.elapsedMs ?? null,
  });
  if (state !== "killed") session.link?.reportState(state);
  const why = holds.map((hold) => `${hold.id} (${hold.reason})`).join(", ");
  session.options.stdio.stderr.write(
    `firebreak: ${session.entry.agentId} is ${names[state]}${why === "" ? "" : ` by ${why}`}\n`,
  );
}

async function finish(session: Session, child: ChildProcess, exit: Exit): Promise<number> {
  const { options, entry } = session;
  const leftovers = listTree(session.handle);
  const emptied = await killTree(session.handle, { deadlineMs: KILL_LEFTOVERS_MS, clock: options.clock });
  await drain(child);
  emit(session, "exited", {
    code: exit.code,
    signal: exit.signal,
    leftovers: leftovers.length,
    stopped: emptied.verified,
    proof: emptied.proof,
    dropped: session.spool.dropped,
  });
  session.link?.reportState("exited", { exitCode: exit.code, exitSignal: exit.signal });
  writeFinal(session, exit, leftovers, emptied.verified);
  if (!emptied.verified) {
    options.stdio.stderr.write(
      `firebreak: ${emptied.remaining.length} process(es) of ${entry.agentId} could not be ended\n`,
    );
  }
  await session.link?.flush(FLUSH_MS);
  return exit.code ?? 128 + (exit.signal === null ? 0 : constants.signals[exit.signal]);
}

/** Takes what is still in the pipes; they close with the last process that holds them. */
async function drain(child: ChildProcess): Promise<void> {
  const open = [child.stdout, child.stderr].filter((stream) => stream !== null && !stream.readableEnded);
  const ended = Promise.all(open.map(async (stream) => stream !== null && once(stream, "end").catch(() => undefined)));
  await Promise.race([ended, sleep(DRAIN_MS)]);
}

function writeFinal(session: Session, exit: Exit, leftovers: readonly ProcessIdentity[], verified: boolean): void {
  const { options, entry } = session;
  const facts = {
    exitCode: exit.code,
    exitSignal: exit.signal,
    leftovers,
    verified,
    endedAt: toIso(options.clock.now()),
  };
  try {
    writeFinalFacts(options.home, entry, facts);
  } catch (fault) {
    options.logger.warn("the session's last facts could not be written", { error: messageOf(fault) });
  }
}
