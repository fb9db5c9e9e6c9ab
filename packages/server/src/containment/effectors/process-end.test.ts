import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readProcess } from "../process-tree/index.ts";
import { processEnd } from "./process-end.ts";
import { effectorContextFor, runElsewhere } from "./testing.ts";

let home: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-end-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
});

/** A process that is no child of this one, as those that are ended are not. */
async function startLoose(script: string): Promise<{ pid: number; startedAt: string }> {
  const parent = spawn("/bin/sh", ["-c", `(${script}) </dev/null >/dev/null 2>&1 & echo $!`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  children.push(parent);
  const [text] = await once(parent.stdout, "data");
  const pid = Number(String(text));
  const startedAt = readProcess(pid)?.startTime;
  if (startedAt === undefined) throw new Error("it has ended already");
  await once(parent, "exit");
  return { pid, startedAt };
}

const order = (process: { pid: number; startedAt: string }) => ({ ...process, reason: "it fills the memory" });
const runs = ({ pid, startedAt }: { pid: number; startedAt: string }) => {
  const found = readProcess(pid);
  return found?.startTime === startedAt && found.state !== "Z";
};

/** The shell sets its trap a moment after it began. */
function ignoresTerm(pid: number): boolean {
  const [, ignored = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return (BigInt(`0x${ignored}`) & (1n << BigInt(constants.signals.SIGTERM - 1))) !== 0n;
}

describe("process.end", () => {
  test("C-3: previewed it touches nothing; applied it ends, twice is once, and verify sees it", async () => {
    const ctx = effectorContextFor(home);
    const one = await startLoose("exec sleep 600");
    const preview = await processEnd.preview(ctx, order(one));
    expect(preview).toMatchObject({
      obstacles: [],
      blastRadius: { services: [expect.stringContaining(String(one.pid))] },
    });
    expect(runs(one)).toBe(true);
    expect(await processEnd.verify(ctx, order(one), {})).toMatchObject({ ok: false, reason: "unverified" });
    for (let i = 0; i < 2; i++)
      expect(await processEnd.apply(ctx, order(one))).toMatchObject({ ok: true, output: { ended: true } });
    expect(runs(one)).toBe(false);
    expect(await processEnd.verify(ctx, order(one), {})).toMatchObject({ ok: true });
    for (let i = 0; i < 2; i++) expect(await processEnd.undo(ctx, order(one), {})).toMatchObject({ ok: true });
  });

  test("C-3: one that does not heed the request is killed", async () => {
    const deaf = await startLoose("trap '' TERM; while :; do sleep 1; done");
    await expect.poll(() => ignoresTerm(deaf.pid)).toBe(true);
    const outcome = await processEnd.apply(effectorContextFor(home), order(deaf));
    expect(outcome).toMatchObject({ ok: true, message: expect.stringContaining("SIGKILL") });
    expect(runs(deaf)).toBe(false);
  });

  test("C-3: another process that has the number is left alone", async () => {
    const one = await startLoose("exec sleep 600");
    const earlier = { pid: one.pid, startedAt: String(Number(one.startedAt) - 1) };
    expect(await processEnd.apply(effectorContextFor(home), order(earlier))).toMatchObject({ ok: true });
    expect(runs(one)).toBe(true);
    process.kill(one.pid, "SIGKILL");
  });

  test("C-3: never process 1, never Firebreak, what started it, or what it started", async () => {
    const child = spawn("/bin/sleep", ["600"]);
    children.push(child);
    for (const pid of [1, process.pid, process.ppid, child.pid ?? 0]) {
      const startedAt = readProcess(pid)?.startTime ?? "";
      const outcome = await processEnd.apply(effectorContextFor(home), order({ pid, startedAt }));
      expect(outcome, String(pid)).toMatchObject({ ok: false, reason: "denied" });
      expect(readProcess(pid)?.startTime).toBe(startedAt);
    }
  });

  test("C-3: another process may end it, and a third one knows that there is nothing to undo", async () => {
    const one = await startLoose("exec sleep 600");
    const facts = {
      home,
      effector: "process.end",
      parameters: order(one),
      settings: {},
      runId: "run_1",
      stepId: "step",
    };
    expect((await runElsewhere({ verb: "apply", ...facts })).signal).toBe("SIGKILL");
    expect(runs(one)).toBe(false);
    expect(JSON.parse((await runElsewhere({ verb: "undo", ...facts })).stdout)).toMatchObject({ ok: true });
  });

  test("C-3: the time of the step over, it says that the process runs", async () => {
    const deaf = await startLoose("trap '' TERM; while :; do sleep 1; done");
    const ctx = effectorContextFor(home, { signal: AbortSignal.timeout(100) });
    expect(await processEnd.apply(ctx, order(deaf))).toMatchObject({ ok: false, reason: "timed_out" });
    await processEnd.apply(effectorContextFor(home), order(deaf));
  });
});
