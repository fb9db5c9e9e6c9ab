import { EventEmitter } from "node:events";
import { accessSync, constants } from "node:fs";
import type { Server } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Hold } from "@firebreak/protocol";
import { entityName, holdCovers } from "@firebreak/protocol";
import { codeOf, ensurePrivateDir, OperatorError, readProcessStartTime, toIso } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { freezeOrphans } from "../enforce-hold.ts";
import { chooseSocketPath, closeControl, serveControl } from "../control-socket.ts";
import type { CgroupRef } from "../process-tree/index.ts";
import {
  createTreeHandle,
  listTree,
  observeTree,
  readBootId,
  removeCgroup,
  removeLimits,
} from "../process-tree/index.ts";
import type { SupervisorEntry } from "../registry.ts";
import { removeSupervisorEntry, sessionPaths, writeSupervisorEntry } from "../registry.ts";
import { tellToAbort } from "./tell-to-abort.ts";
import { prepareEnclosure } from "./enclosure.ts";
import { answerServer } from "./answer-server.ts";
import { createEnforcement } from "./enforcement.ts";
import { startGuardian } from "./guardian.ts";
import { createLinkOf, openSpool } from "./link.ts";
import type { SupervisorOptions } from "./options.ts";
import { EXIT_CANNOT_RUN, EXIT_HELD, EXIT_NOT_FOUND } from "./options.ts";
import { openOutputLog } from "./output-log.ts";
import { runAgent } from "./run-agent.ts";
import { releaseTag } from "./run-once.ts";
import type { ServerHolds, Stops } from "./server-holds.ts";
import { LOST_HOLD_ID, openServerHolds, withServerHolds } from "./server-holds.ts";
import type { Session } from "./session.ts";
import { pruneSessions } from "./ended-sessions.ts";

const OUTPUT_BYTES_MAX = 8 * 1024 * 1024;
const REGISTER_MS = 2000;
const HEAR_SERVER_MS = 5000;

/**
 * `firebreak run`: starts the command as a tree under control, passes its output, exit code and signals through, keeps
 * its last output, sends its telemetry, and enforces the kill switch locally, with or without a server.
 *
 * @returns the exit code: the command's own, 128 + signal number, 75 when a hold forbids to start, 126 or 127 when the
 * command cannot run or is not there
 */
export async function runSupervisor(options: SupervisorOptions): Promise<number> {
  const sessionId = options.session ?? options.newId("session");
  checkNames(options, sessionId);
  const killswitch = openKillswitch(options);
  const server = openServer(options, sessionId);
  const stops = withServerHolds(killswitch, server);
  await lookAround(options);
  try {
    await server?.ready(HEAR_SERVER_MS);
    const held = findHold(stops, options, sessionId);
    if (held !== null) return refuse(options, stops, held);
    const problem = findCommandProblem(options);
    if (problem !== null) return problem;
    return await superviseSession(options, sessionId, { stops, server });
  } finally {
    server?.close();
    killswitch.close();
  }
}

function openServer({ governor, agent, pack, clock }: SupervisorOptions, sessionId: string): ServerHolds | null {
  const session = { agentId: agent, pack: pack ?? null, sessionId };
  return governor === undefined ? null : openServerHolds(governor, session, clock);
}

/** Whoever comes by looks after what dead supervisors left in this FIREBREAK_HOME. */
async function lookAround({ home, clock, logger }: SupervisorOptions): Promise<void> {
  for (const result of await freezeOrphans({ home, clock, logger })) {
    logger.warn("a session had lost its supervisor and was frozen", { ...result, remaining: result.remaining.length });
  }
  pruneSessions({ home, nowMs: clock.now() });
}

function checkNames(options: SupervisorOptions, sessionId: string): void {
  for (const [what, value] of [
    ["agent", options.agent],
    ["pack", options.pack ?? "none"],
    ["session", sessionId],
  ] as const) {
    const parsed = entityName.safeParse(value);
    if (parsed.success) continue;
    throw new OperatorError(
      `"${value}" cannot be the name of the ${what}: ${parsed.error.issues[0]?.message ?? "not a name"}`,
      `Choose another --${what}.`,
    );
  }
  if (options.command.length === 0) throw new OperatorError("There is no command to run", "Put it after `--`.");
}

function findHold(stops: Stops, options: SupervisorOptions, sessionId: string): Hold | null {
  const subject = { agent: options.agent, pack: options.pack, session: sessionId };
  return stops.current().holds.find((hold) => holdCovers(hold, subject)) ?? null;
}

function refuse(options: SupervisorOptions, stops: Stops, hold: Hold): number {
  const target = hold.target === null ? "everything" : `${hold.scope} ${hold.target}`;
  options.stdio.stderr.write(
    `firebreak: ${options.agent} is not started: ${target} is stopped (${hold.level}) by ${hold.actor.name}: ${hold.reason}\n` +
      `firebreak: ${wayOut(stops, hold)}\n`,
  );
  return EXIT_HELD;
}

/** The stop of everything that an unreadable journal means is no hold that anybody could release. */
function wayOut(stops: Stops, hold: Hold): string {
  if (hold.id === LOST_HOLD_ID) return "it starts when that server is heard; `firebreak gate key` there shows its key";
  const { health } = stops.current();
  if (health.state === "damaged" && hold.scope === "global") return health.remedy;
  return `the hold is ${hold.id}; a person can lift it with \`firebreak resume ${hold.id}\``;
}

/** Says before anything starts what a shell would say after. @returns an exit code, or null when it can run */
function findCommandProblem({ command, cwd, env, stdio }: SupervisorOptions): number | null {
  const [file = ""] = command;
  const paths = file.includes("/")
    ? [join(file.startsWith("/") ? "" : cwd, file)]
    : (env["PATH"] ?? "").split(":").map((dir) => join(dir, file));
  let found = false;
  for (const path of paths) {
    try {
      accessSync(path, constants.X_OK);
      return null;
    } catch (fault) {
      found ||= codeOf(fault) === "EACCES";
    }
  }
  stdio.stderr.write(`firebreak: ${file}: ${found ? "cannot be executed" : "command not found"}\n`);
  return found ? EXIT_CANNOT_RUN : EXIT_NOT_FOUND;
}

async function superviseSession(
  options: SupervisorOptions,
  sessionId: string,
  { stops, server }: { readonly stops: Stops; readonly server: ServerHolds | null },
): Promise<number> {
  const paths = sessionPaths(options.home, sessionId);
  for (const dir of [join(options.home, "sessions"), paths.dir, join(options.home, "supervisors")])
    ensurePrivateDir(dir);
  const { cgroup, enclosure } = prepareEnclosure(options, sessionId);
  const entry = makeEntry(options, sessionId, cgroup);
  const spool = openSpool(paths.spool);
  const session = createSession({ options, entry, enclosure, stops, spool });
  let control: Server | null = null;
  let stopAnswering = () => {};
  const releaseGuardian = startGuardian(options);
  try {
    control = await listen(session);
    writeSupervisorEntry(options.home, entry);
    const agentToken = (await session.link?.register(REGISTER_MS)) ?? null;
    session.link?.start();
    const held = findHold(stops, options, sessionId);
    if (held !== null) return refuse(options, stops, held);
    stopAnswering = server === null ? () => {} : answerServer(session, server);
    return await runAgent(session, agentToken);
  } finally {
    stopAnswering();
    session.link?.close();
    if (control !== null) closeControl(control, entry.socketPath);
    session.output.close();
    spool.close();
    if (cgroup !== null) removeCgroup(cgroup);
    removeLimits(sessionId);
    // a tree that could not be emptied stays registered, so that others can still stop it
    if (observeTree(session.handle).state === "gone") removeSupervisorEntry(options.home, sessionId);
    releaseTag(session);
    releaseGuardian();
  }
}

function makeEntry(options: SupervisorOptions, sessionId: string, cgroup: CgroupRef | null): SupervisorEntry {
  return {
    version: 1,
    sessionId,
    agentId: options.agent,
    pack: options.pack ?? null,
    host: hostname(),
    bootId: readBootId(),
    supervisor: { pid: process.pid, startTime: readProcessStartTime(process.pid) ?? "" },
    root: null,
    cgroup,
    tag: null,
    isolate: [...(options.isolate ?? [])],
    socketPath: chooseSocketPath(join(options.home, "supervisors"), sessionId),
    workspace: options.workspace ?? options.cwd,
    outputLog: sessionPaths(options.home, sessionId).outputLog,
    command: [...options.command],
    startedAt: toIso(options.clock.now()),
    seen: [],
  };
}

function createSession(parts: Pick<Session, "options" | "entry" | "enclosure" | "stops" | "spool">): Session {
  const { options, entry, stops, spool } = parts;
  const { sessionId, agentId, pack, supervisor, cgroup } = entry;
  const handle = createTreeHandle({ sessionId, root: null, supervisor, cgroup });
  const subject = { agentId, pack, sessionId };
  const changes = new EventEmitter();
  const enforcement = createEnforcement({
    handle: () => session.handle,
    subject,
    stops,
    clock: options.clock,
    logger: options.logger,
    onDenied: (holds) => {
      if (options.abort !== undefined) void tellToAbort(session, options.abort, holds);
    },
    onChange: (state, detail) => changes.emit("change", state, detail),
  });
  const session: Session = {
    ...parts,
    handle,
    heldTag: null,
    enforcement,
    changes,
    endAsked: new AbortController(),
    maker: { identity: subject, clock: options.clock, newId: options.newId },
    output: openOutputLog(entry.outputLog, OUTPUT_BYTES_MAX, options.logger),
    link: createLinkOf(options, entry, spool),
    isHeld: () => findHold(stops, options, sessionId) !== null,
  };
  return session;
}

async function listen(session: Session): Promise<Server> {
  const { enforcement, entry } = session;
  return serveControl(entry.socketPath, {
    status: () => ({ ...session.entry, state: enforcement.state, dropped: session.spool.dropped }),
    tree: () => listTree(session.handle),
    enforce: (hold) => enforcement.enforce(hold),
    thaw: async () => {
      await enforcement.reconcile();
      return { state: enforcement.state };
    },
  });
}
