import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StopResult } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../agents/process-trees.ts";
import type { Ward, WardAgent } from "../agents/ward.ts";
import { openWard } from "../agents/ward.ts";
import type { ProcessAttempt, Standing } from "./attempts.ts";
import { PROCESS_ATTEMPTS, STANDINGS } from "./attempts.ts";
import { TICKER } from "./ticker.ts";

/** Long enough for a process that runs to leave its mark, on a machine with other work. */
const WITNESS_MS = 300;
/** All attempts are made at once, each under a supervisor; a machine with other work takes its time over that. */
const RUNS_WITHIN_MS = 60_000;
const SETUP_MS = 120_000;

interface Escape {
  readonly attempt: ProcessAttempt;
  readonly agent: WardAgent;
  readonly ticks: string;
}

/** What was seen of all attempts of one standing, made at once and stopped at once. */
interface Seen {
  readonly frozen: readonly StopResult[];
  /** attempts whose marks went on after the freeze, and after the kill */
  readonly ranOn: Set<string>;
  readonly survived: Set<string>;
  readonly killed: readonly StopResult[];
}

/** Each attempt has a directory of its own, which is not in the home. */
function start(ward: Ward, scratch: string, standing: Standing): Escape[] {
  const attempts = PROCESS_ATTEMPTS.filter((attempt) => attempt.ends[standing] !== undefined);
  const ticker = join(scratch, "ticker");
  writeFileSync(ticker, TICKER);
  chmodSync(ticker, 0o755);
  const places = attempts.map((attempt, i) => {
    const cwd = mkdtempSync(join(scratch, `${i}-`));
    if (standing !== "root") chownSync(cwd, 65534, 65534);
    const ticks = join(cwd, "ticks");
    const program = attempt.program
      .replaceAll("TICKER", ticker)
      .replaceAll("TICKS", ticks)
      .replaceAll("TICK", `${ticker} ${ticks}`)
      .replaceAll("HOME", ward.home);
    writeFileSync(join(cwd, "attempt"), program);
    return { cwd, ticks };
  });
  const isolate = standing === "isolated user" ? (["pid", "home"] as const) : [];
  const requests = places.map(({ cwd }) => ({ command: ["/bin/sh", "attempt"], cwd, isolate }));
  const agents = ward.runMany(requests);
  return attempts.map((attempt, i) => {
    const [agent, place] = [agents[i], places[i]];
    if (agent === undefined || place === undefined) throw new Error("an attempt was not started");
    return { attempt, agent, ticks: place.ticks };
  });
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** @returns the attempts whose marks grow */
async function whoRuns(escapes: readonly Escape[]): Promise<Set<string>> {
  const before = escapes.map(({ ticks }) => sizeOf(ticks));
  await new Promise((resolve) => setTimeout(resolve, WITNESS_MS));
  return new Set(escapes.filter(({ ticks }, i) => sizeOf(ticks) > (before[i] ?? 0)).map(({ attempt }) => attempt.name));
}

describe.each(STANDINGS)("C-2: as %s", (standing) => {
  const attempts = PROCESS_ATTEMPTS.filter((attempt) => attempt.ends[standing] !== undefined);
  let ward: Ward;
  let scratch: string;
  let escapes: Escape[];
  let seen: Seen;

  beforeAll(async () => {
    ward = openWard({ user: standing === "root" ? "root" : "nobody" });
    scratch = mkdtempSync(join(tmpdir(), "fb-red-"));
    chmodSync(scratch, 0o755);
    escapes = start(ward, scratch, standing);
    for (const { attempt, agent, ticks } of escapes) {
      await until(`"${attempt.name}" runs`, () => sizeOf(ticks) > 3, RUNS_WITHIN_MS).catch((fault: unknown) => {
        throw new Error(`${attempt.name}: ${agent.output()}${agent.errors()}`, { cause: fault });
      });
    }
    const frozen = ward.stopApart("freeze");
    const ranOn = await whoRuns(escapes);
    const killed = ward.stopApart("kill");
    seen = { frozen, ranOn, killed, survived: await whoRuns(escapes) };
  }, SETUP_MS);

  afterAll(async () => {
    // whatever got away ends when it finds no place for its marks
    rmSync(scratch, { recursive: true, force: true, maxRetries: 20 });
    await ward.end();
  });

  const agentOf = (attempt: ProcessAttempt) => escapes.find((one) => one.attempt === attempt)?.agent;
  const cases = (isReported: boolean) =>
    attempts
      .filter(({ ends }) => (ends[standing] === "reported") === isReported)
      .map((one) => [one.name, one] as const);

  test.each(cases(false))("%s", (name, attempt) => {
    const sessionId = agentOf(attempt)?.sessionId;
    const frozen = seen.frozen.find((result) => result.sessionId === sessionId);
    const killed = seen.killed.find((result) => result.sessionId === sessionId) ?? frozen;
    expect(frozen).toMatchObject({ state: "verified_stopped", remaining: [] });
    expect(seen.ranOn).not.toContain(name);
    expect(killed).toMatchObject({ state: "verified_stopped", level: "kill", remaining: [] });
    expect(seen.survived).not.toContain(name);
  });

  const reported = cases(true);
  test.runIf(reported.length > 0).each(reported)("%s: it is said at the start", (_, attempt) => {
    expect(agentOf(attempt)?.errors()).toContain("`--isolate pid` closes this");
  });
});
