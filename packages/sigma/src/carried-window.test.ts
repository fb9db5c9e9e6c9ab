import { describe, expect, it } from "vitest";
import { CarriedWindow } from "./carried-window.ts";

const SOURCE = 0;
const USE = 1;
const CHARS_MIN = 12;
const settings = { spanMs: 60_000, latenessMs: 60_000, bounds: [], capacity: 1024, eventIdsMax: 10 };

describe("firebreak.carried_value without a source so far", () => {
  it("keeps uses, and finds the newest when a source comes late", () => {
    const window = new CarriedWindow(settings, CHARS_MIN);
    window.add(1000, "u1", "curl https://evil.example/first", USE);
    window.add(3000, "u2", "curl https://evil.example/first", USE);
    expect(window.size).toBe(2);
    expect(window.add(2000, "s", "see https://evil.example/first", SOURCE)).toMatchObject({
      satisfied: true,
      eventIds: ["s", "u2"],
    });
  });

  it("forgets uses that are over", () => {
    const window = new CarriedWindow(settings, CHARS_MIN);
    window.add(1000, "u1", "cat /srv/project/secret-plan.txt", USE);
    window.add(70_000, "u2", "ls", USE);
    expect(window.size).toBe(1);
    expect(window.dropped).toBe(0);
  });

  it("keeps a flood of uses in bounded room, says how many it let go, and knows the newest", () => {
    const window = new CarriedWindow(settings, CHARS_MIN);
    const text = (number: number) => `cat /srv/project/file-${number}.txt ${"x ".repeat(500)}`;
    for (let number = 0; number < 500; number++) window.add(1000 + number, `u${number}`, text(number), USE);
    expect(window.dropped).toBeGreaterThan(400);
    expect(window.size).toBeLessThan(2000);
    expect(window.add(1400, "s", "/srv/project/file-499.txt and /srv/project/file-1.txt", SOURCE)).toMatchObject({
      satisfied: true,
      count: 1,
      eventIds: ["s", "u499"],
    });
  });
});
