import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPace } from "./pace.ts";
import type { Pace } from "./pace.ts";

let pace: Pace;

beforeEach(() => {
  vi.useFakeTimers();
  pace = createPace();
});
afterEach(() => void vi.useRealTimers());

/** @returns whether one may store now */
async function isFree(): Promise<boolean> {
  const free = vi.fn<() => void>();
  void Promise.resolve(pace.wait()).then(free);
  await vi.advanceTimersByTimeAsync(0);
  return free.mock.calls.length > 0;
}

describe("the pace of judging", () => {
  it("holds nobody while judging is less than 5,000 events behind", async () => {
    pace.stored(5_000, 5_000);
    expect(await isFree()).toBe(true);
  });

  it("beyond that has two events judged for each that is stored, so that it catches up", async () => {
    pace.stored(10_000, 100_000);
    pace.judged(19_999);
    expect(await isFree()).toBe(false);
    pace.judged(20_000);
    expect(await isFree()).toBe(true);
  });

  it("lets go as soon as it is no longer far behind", async () => {
    pace.stored(6_000, 6_000);
    expect(await isFree()).toBe(false);
    pace.judged(1_000);
    expect(await isFree()).toBe(true);
  });

  it("waits on while judging goes on, and holds nobody when it stands still for a second", async () => {
    pace.stored(50_000, 50_000);
    expect(await isFree()).toBe(false);
    for (let position = 1; position <= 10; position += 1) {
      pace.judged(position);
      await vi.advanceTimersByTimeAsync(900);
      expect(await isFree()).toBe(false);
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(await isFree()).toBe(true);
  });

  it("lets everybody go when judging ends here", async () => {
    pace.stored(50_000, 50_000);
    const held = pace.wait();
    pace.release();
    await expect(held).resolves.toBeUndefined();
  });
});
