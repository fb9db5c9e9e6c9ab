import { EventEmitter } from "node:events";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Hold, HoldLevel, StopResult } from "@firebreak/protocol";
import { enforceHold, liftHold, listSupervisors, runSupervisor } from "../../containment/index.ts";
import { ensurePrivateDir, messageOf } from "../../kernel/index.ts";
import type { Clock, Environment, Logger, NewId } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import type { Killswitch } from "../../killswitch/index.ts";

export interface CanaryOptions {
  /** a home of its own: its journal and its agents are not those of anybody else */
  readonly home: string;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  /** a stop that takes longer is a failure */
  readonly limitMs: number;
}

export interface CanaryResult {
  readonly freezeMs: number | null;
  readonly killMs: number | null;
  readonly problem: string | null;
}

export const CANARY_AGENT = "firebreak-canary";
/** Two loops that start processes all the time, as agents do, one of which can be heard. */
const COMMAND = [
  "/bin/sh",
  "-c",
  "(while :; do echo tick; sleep 0.05; done) & (while :; do sleep 0.05; done) & wait",
] as const;
const ACTOR = { kind: "daemon", id: "canary", name: "canary" } as const;
/** Releases like the person it stands for; the journal is the canary's own. */
const RELEASER = { kind: "cli", id: "canary", name: "canary" } as const;
const START_MS = 10_000;
/** What was in the pipe when the agent stood still arrives within this, and then nothing more may. */
const SETTLE_MS = 100;
const SILENCE_MS = 150;

class CanaryError extends Error {}

/**
 * One round: starts an agent's process tree under a supervisor, freezes it by the kill switch, sees that it is proved and
 * silent, lets it run again, kills it, and sees that nothing is left. By the very code and files that stop real agents, in a
 * home of its own.
 */
export async function runCanary(options: CanaryOptions): Promise<CanaryResult> {
  ensurePrivateDir(options.home);
  const killswitch = openKillswitch(options);
  const ticks = new Ticks();
  const times: { freezeMs: number | null; killMs: number | null } = { freezeMs: null, killMs: null };
  let ended: Promise<unknown> = Promise.resolve();
  try {
    await clearLeftovers(options, killswitch);
    ended = startAgent(options, ticks);
    await ticks.next(START_MS);
    times.freezeMs = await freezeAndThaw(options, killswitch, ticks);
    times.killMs = await kill(options, killswitch);
    return { ...times, problem: null };
  } catch (fault) {
    return { ...times, problem: fault instanceof CanaryError ? fault.message : `it broke: ${messageOf(fault)}` };
  } finally {
    await clearLeftovers(options, killswitch);
    // not referenced: a server that stops must not wait for it
    await Promise.race([ended, sleep(START_MS, undefined, { ref: false })]);
    killswitch.close();
  }
}

function startAgent({ home, environment, clock, newId, logger }: CanaryOptions, ticks: Ticks): Promise<unknown> {
  const silent = new Writable({ write: (_bytes, _encoding, done) => done() });
  return runSupervisor({
    home,
    agent: CANARY_AGENT,
    command: COMMAND,
    cwd: home,
    env: { PATH: environment["PATH"] ?? "/usr/bin:/bin" },
    clock,
    newId,
    logger,
    stdio: { stdin: "ignore", stdout: ticks, stderr: silent },
    signals: new EventEmitter(),
  }).catch((fault: unknown) => logger.warn("the canary's agent did not run", { problem: messageOf(fault) }));
}

async function freezeAndThaw(options: CanaryOptions, killswitch: Killswitch, ticks: Ticks): Promise<number> {
  const { hold, results, elapsedMs } = await stop(options, killswitch, "freeze");
  checkProof(results, "freeze", elapsedMs, options.limitMs);
  await sleep(SETTLE_MS);
  const heard = ticks.count;
  await sleep(SILENCE_MS);
  if (ticks.count !== heard) throw new CanaryError("the freeze was called verified, and the agent went on");
  await killswitch.release(hold.id, { actor: RELEASER, reason: "canary" });
  await liftHold({ ...options, hold, holds: killswitch.current().holds });
  await ticks.next(START_MS);
  return elapsedMs;
}

async function kill(options: CanaryOptions, killswitch: Killswitch): Promise<number> {
  const { results, elapsedMs } = await stop(options, killswitch, "kill");
  checkProof(results, "kill", elapsedMs, options.limitMs);
  return elapsedMs;
}

interface CanaryStop {
  readonly hold: Hold;
  readonly results: readonly StopResult[];
  /** from the request to the last proof, the journal's write included */
  readonly elapsedMs: number;
}

async function stop(options: CanaryOptions, killswitch: Killswitch, level: HoldLevel): Promise<CanaryStop> {
  const { home, clock, limitMs } = options;
  const startMs = clock.monotonicMs();
  const hold = await killswitch.add({ scope: "agent", target: CANARY_AGENT, level, reason: "canary", actor: ACTOR });
  const results = await enforceHold({ home, hold, clock, deadlineMs: limitMs });
  return { hold, results, elapsedMs: Math.round((clock.monotonicMs() - startMs) * 10) / 10 };
}

function checkProof(results: readonly StopResult[], level: HoldLevel, elapsedMs: number, limitMs: number): void {
  const [result] = results;
  if (result === undefined) throw new CanaryError(`the ${level} found no agent to stop`);
  if (result.state !== "verified_stopped" || result.level !== level) {
    throw new CanaryError(`the ${level} was not verified (${result.state}): ${result.proof}`);
  }
  if (elapsedMs > limitMs) throw new CanaryError(`the ${level} took ${elapsedMs} ms; ${limitMs} is the limit`);
}

/** Ends whatever a round left, also one that was killed in its middle. */
async function clearLeftovers(options: CanaryOptions, killswitch: Killswitch): Promise<void> {
  if (listSupervisors(options).length > 0) await stop(options, killswitch, "kill");
  for (const hold of killswitch.current().holds) {
    await killswitch.release(hold.id, { actor: RELEASER, reason: "canary" });
  }
}

/** Hears the agent. */
class Ticks extends Writable {
  count = 0;

  override _write(_bytes: unknown, _encoding: string, done: () => void): void {
    this.count += 1;
    this.emit("tick");
    done();
  }

  async next(timeoutMs: number): Promise<void> {
    const isHeard = new Promise<true>((resolve) => this.once("tick", () => resolve(true)));
    const heard = await Promise.race([isHeard, sleep(timeoutMs, false, { ref: false })]);
    if (!heard) throw new CanaryError(`the agent was not heard within ${timeoutMs / 1000} s`);
  }
}
