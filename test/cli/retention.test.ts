import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHome, endLeftovers, up } from "./firebreak.ts";
import type { Home, Up } from "./firebreak.ts";

const DAY_MS = 86_400_000;
let home: Home;
let running: Up;
beforeAll(async () => {
  home = createHome();
  mkdirSync(home.dir, { recursive: true });
  running = await up(home);
});
afterAll(async () => {
  running.server.child.kill("SIGTERM");
  await running.server.ended;
  endLeftovers();
  home.remove();
});

async function json(words: readonly string[], options: Parameters<Home["firebreak"]>[1] = {}) {
  const ended = await home.firebreak([...words, "--json"], options);
  expect(ended).toMatchObject({ code: 0, error: "" });
  return JSON.parse(ended.out);
}

const event = (agent: string, ageDays: number, number: number) =>
  JSON.stringify({
    agent: { id: agent },
    kind: "command",
    time: new Date(Date.now() - ageDays * DAY_MS + number * 1000).toISOString(),
    data: { command: `run ${number}` },
  });

describe("O-6: retention and legal holds on a running server", { timeout: 180_000 }, () => {
  test("what is old goes to the archive, what is held stays, and the log verifies before and after the release", async () => {
    const lines = Array.from({ length: 20 }, (_, at) => event(at < 8 ? "scout" : "other", 100, at));
    await home.firebreak(["events", "send", "-"], { input: lines.join("\n") });
    const hold = ["legal-hold", "apply", "--case", "2026-17", "--scope", "agent", "--target", "scout"];
    const applied = await json([...hold, "--reason", "claim of Example Ltd"]);
    const planned = { class: "events", act: "archive", rows: 20, held: 8, cases: ["2026-17"] };
    await expect
      .poll(async () => (await json(["retention", "preview", "--class", "events"])).plans, { timeout: 20_000 })
      .toMatchObject([planned]);
    expect(await json(["retention", "run"])).toMatchObject({ archived: 12, held: 8, problems: [] });
    const { items } = await json(["retention", "segments"]);
    expect(items).toMatchObject([{ class: "events", rows: 12, tier: "warm" }]);
    expect(readdirSync(path.dirname(path.join(home.dir, items[0].file)))).toHaveLength(2);
    const { lines: read } = await json(["retention", "read", items[0].id]);
    expect(read).toHaveLength(12);
    expect(JSON.parse(JSON.parse(read[0]).body)).toMatchObject({ agent: { id: "other" } });
    expect(await json(["audit", "verify"])).toMatchObject({ intact: true, deletedTotal: 0 });

    const release = ["legal-hold", "release", applied.id, "--reason", "it is settled"];
    expect(await json([...release, "--alone"])).toMatchObject({ released: true });
    expect(await json(["retention", "run"])).toMatchObject({ archived: 8, held: 0, problems: [] });
    const shown = await home.firebreak(["retention", "show"]);
    expect(shown.out).toMatch(/audit of finance +2 y +5 y +9 y +30 d/);
    expect(shown.out).toContain("Archive: 20 rows in 2 files");
  });

  test("a wrong class, scope or notice is refused with what would be right", async () => {
    expect(await home.firebreak(["retention", "preview", "--class", "chatter"])).toMatchObject({
      code: 2,
      error: expect.stringContaining("--class is one of events, debug"),
    });
    const hold = ["legal-hold", "apply", "--case", "1", "--scope", "incident", "--reason", "a test"];
    expect(await home.firebreak(hold)).toMatchObject({ code: 2, error: expect.stringContaining("--target") });
    expect((await home.firebreak([...hold, "--target", "INC-1"])).code).toBe(5);
    const cancel = ["retention", "cancel", "ntc_01KDY8M3T0XV5C8QJ2N4R6W9ZB", "--reason", "a test"];
    expect((await home.firebreak(cancel)).code).toBe(5);
  });
});
