import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { verifyInThread } from "./in-thread.ts";

const NEVER = new AbortController().signal;
const MINUTE_MS = 60_000;

/** A thread that does what the path of its task says, and answers with its own number. */
const WORKER = `
import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { parentPort, threadId, workerData } from "node:worker_threads";
const die = () => {
  process.once("exit", () => writeFileSync(new URL("is-dead", import.meta.url), ""));
  process.exit(3);
};
const perform = async ({ file }) => {
  if (file === "fine, and dies then") setImmediate(die);
  if (file === "exit") process.exit(3);
  if (file === "throw") throw new Error("out of its mind");
  if (file === "hang") return new Promise(() => {});
  if (file === "refuse") return { kind: "fault", code: "bad_request", message: "no archive" };
  return { kind: "done", result: { thread: threadId } };
};
for (let task = workerData; ;) {
  parentPort.postMessage(await perform(task));
  [task] = await once(parentPort, "message");
}
`;

let place: string;
let evidenceWorkerFile: string;
beforeEach(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-thread-"));
  evidenceWorkerFile = path.join(place, "worker.mjs");
  writeFileSync(evidenceWorkerFile, WORKER);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  // what rests ends
  vi.advanceTimersByTime(MINUTE_MS);
  vi.useRealTimers();
  rmSync(place, { recursive: true });
});

const run = (does: string, signal: AbortSignal = NEVER) => verifyInThread(does, {}, { evidenceWorkerFile, signal });
/** @returns the number of the thread that did it */
const threadOf = async () => JSON.stringify(await run("fine"));

describe("E-1: the thread in which evidence is hashed, packed and sealed", () => {
  test("does one task after the other, and rests in between", async () => {
    const first = await threadOf();
    expect(await threadOf()).toBe(first);
    vi.advanceTimersByTime(MINUTE_MS - 1);
    expect(await threadOf()).toBe(first);
  });

  test("ends when nobody needed it for a minute", async () => {
    const first = await threadOf();
    vi.advanceTimersByTime(MINUTE_MS);
    expect(await threadOf()).not.toBe(first);
  });

  test("is one of several while tasks run side by side, of which one rests", async () => {
    const both = await Promise.all([threadOf(), threadOf()]);
    expect(new Set(both).size).toBe(2);
    expect(both).toContain(await threadOf());
  });

  test.each([
    ["exit", "the worker ended without an answer"],
    ["throw", "out of its mind"],
  ])("that crashes (%s) fails its task with words, and the next task gets a new one", async (file, words) => {
    const first = await threadOf();
    await expect(run(file)).rejects.toThrow(words);
    const next = await threadOf();
    expect(next).not.toBe(first);
    expect(await threadOf()).toBe(next);
  });

  test("that dies while it rests is not given a task", async () => {
    const first = await run("fine, and dies then");
    await vi.waitFor(() => expect(existsSync(path.join(place, "is-dead"))).toBe(true));
    // until this thread has heard of it, who asks is told that it ended
    expect(await vi.waitFor(threadOf)).not.toBe(JSON.stringify(first));
  });

  test("that says why it cannot do a task says it with its code", async () => {
    await expect(run("refuse")).rejects.toMatchObject({ code: "bad_request", message: "no archive" });
  });

  test("is ended when its time is over", async () => {
    const over = new AbortController();
    const hanging = run("hang", over.signal);
    over.abort();
    await expect(hanging).rejects.toMatchObject({ name: "AbortError" });
    expect(await threadOf()).toBe(await threadOf());
  });
});
