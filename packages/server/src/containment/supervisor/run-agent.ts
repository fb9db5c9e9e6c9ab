import { setTimeout as sleep } from "node:timers/promises";
import type { Hold, StopResult } from "@firebreak/protocol";
import { messageOf, toIso } from "../../kernel/index.ts";
import type { PastStart } from "../registry.ts";
import { writeFinalFacts } from "../registry.ts";
import type { TreeState } from "./enforcement.ts";
import { forwardSignals } from "./forward-signals.ts";
import { EXIT_HELD } from "./options.ts";
import type { TellPersistence } from "./persistence.ts";
import { watchPersistence } from "./persistence.ts";
import { emit, reportChange, say } from "./report.ts";
import type { PastRun } from "./restart.ts";
import { judgeRestart, RESTART_DEFAULTS } from "./restart.ts";
import type { AgentRun } from "./run-once.ts";
import { runOnce } from "./run-once.ts";
import type { Session } from "./session.ts";

const FLUSH_MS = 2000;
/** Starts that the session's last facts name. */
const STARTS_KEPT = 20;

/** Runs the agent, and again where its restart policy says so. @returns the exit code */
export async function runAgent(session: Session, agentToken: string | null): Promise<number> {
  const { stops, enforcement } = session;
  const tellPersistence = await watchPersistence(session);
  session.changes.on("change", (state: TreeState, detail: { holds: Hold[]; result: StopResult | null }) => {
    reportChange(session, state, detail);
    if (state !== "running") void tellPersistence();
  });
  const unwatch = stops.watch(() => {
    void enforcement.reconcile();
    session.changes.emit("holds");
  });
  const stopForwarding = forwardSignals(session);
  try {
    return await runAndAgain(session, agentToken, tellPersistence);
  } finally {
    stopForwarding();
    unwatch();
  }
}

async function runAndAgain(
  session: Session,
  agentToken: string | null,
  tellPersistence: TellPersistence,
): Promise<number> {
  const { options } = session;
  const runs: PastRun[] = [];
  const starts: PastStart[] = [];
  for (;;) {
    const startedMs = options.clock.monotonicMs();
    const startedAt = toIso(options.clock.now());
    const run = await runOnce(session, agentToken);
    runs.push({ startedMs, endedMs: options.clock.monotonicMs(), failed: run.exitCode !== 0 });
    const why = await waitForRestart(session, run, runs);
    starts.push({
      startedAt,
      endedAt: toIso(options.clock.now()),
      exitCode: run.code,
      exitSignal: run.signal,
      outcome: why ?? "started again",
    });
    if (why === null) continue;
    await tellPersistence();
    await end(session, run, starts.slice(-STARTS_KEPT));
    return session.isHeld() && policyOf(session).when !== "never" ? EXIT_HELD : run.exitCode;
  }
}

function policyOf({ options }: Session) {
  return { ...RESTART_DEFAULTS, ...options.restart };
}

/** Waits as long as the policy asks for. @returns why it ends, or null when it is to be started again */
async function waitForRestart(session: Session, run: AgentRun, runs: readonly PastRun[]): Promise<string | null> {
  const { options, endAsked } = session;
  const policy = policyOf(session);
  const verdict = judgeRestart(policy, runs, options.random?.() ?? 1);
  if (verdict.kind === "end") return "ended";
  const hindrance = () => {
    if (session.isHeld()) return "a stop covers it, and only a person lifts that";
    if (session.enforcement.state === "killed") return "a stop killed it";
    if (endAsked.signal.aborted) return "it was asked to end";
    return run.verified ? null : "what it left could not be ended";
  };
  const how = run.signal ?? `code ${run.exitCode}`;
  if (verdict.kind === "give up") {
    say(session, `${options.agent} ended with ${how} and is given up: ${verdict.reason}`);
    emit(session, "gave_up", { starts: runs.length, reason: verdict.reason });
    return `given up: ${verdict.reason}`;
  }
  if (hindrance() === null) {
    say(session, `${options.agent} ended with ${how}; it is started again in ${(verdict.delayMs / 1000).toFixed(1)} s`);
    emit(session, "restarting", { starts: runs.length, delayMs: verdict.delayMs });
    await waitUnlessHindered(session, verdict.delayMs);
  }
  const why = hindrance();
  if (why !== null) say(session, `${options.agent} is not started again: ${why}`);
  return why;
}

async function waitUnlessHindered(session: Session, delayMs: number): Promise<void> {
  const over = new AbortController();
  const onHolds = () => {
    if (session.isHeld()) over.abort();
  };
  session.changes.on("holds", onHolds);
  const signal = AbortSignal.any([over.signal, session.endAsked.signal]);
  await sleep(delayMs, undefined, { signal }).catch(() => undefined);
  session.changes.off("holds", onHolds);
}

async function end(session: Session, run: AgentRun, starts: readonly PastStart[]): Promise<void> {
  const { options, entry } = session;
  session.link?.reportState("exited", { exitCode: run.code, exitSignal: run.signal });
  const { code: exitCode, signal: exitSignal, leftovers, verified } = run;
  const facts = { exitCode, exitSignal, leftovers, verified, endedAt: toIso(options.clock.now()), starts };
  try {
    writeFinalFacts(options.home, entry, facts);
  } catch (fault) {
    options.logger.warn("the session's last facts could not be written", { error: messageOf(fault) });
  }
  await session.link?.flush(FLUSH_MS);
}
