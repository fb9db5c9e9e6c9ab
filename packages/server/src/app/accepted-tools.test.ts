import { writeFileSync } from "node:fs";
import path from "node:path";
import { acceptTool, listPinnedServers, openToolPins } from "@firebreak/sdk/mcp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toolPinsDir } from "../containment/index.ts";
import { systemClock } from "../kernel/index.ts";
import { createAcceptedTools } from "./accepted-tools.ts";
import { openTestHouse } from "./killswitch/testing.ts";
import type { TestHouse } from "./killswitch/testing.ts";

let opened: TestHouse;
let dir: string;
beforeAll(async () => {
  opened = await openTestHouse(systemClock);
  dir = toolPinsDir(opened.home);
});
afterAll(() => opened.close());

/** What one look after a restart of the server, and another one, put on record. */
async function recordedAfterRestart() {
  const look = createAcceptedTools(opened.house);
  await look();
  await look();
  const rows = opened.house.database.kysely.selectFrom("audit_log").select(["target", "actor", "leaf"]);
  const found = await rows.where("action", "=", "gate.accept_tool").orderBy("seq").execute();
  return found.map(({ target, actor, leaf }) => ({
    target,
    by: actor.name,
    reason: /"reason":"([^"]*)"/.exec(leaf ?? "")?.[1],
  }));
}

test("C-6: what a person accepts of an MCP server without a server running is on record once, whoever wrote it", async () => {
  const tool = "send_mail";
  const pins = openToolPins(dir, ["/usr/bin/node", "mail.mjs"]);
  const seen = (hash: string) => ({ hash: hash.repeat(64), description: hash, at: "2026-01-01T00:00:00.000Z" });
  pins.keep(tool, seen("a"), "mail");
  const key = listPinnedServers(dir).servers[0]?.key ?? "";
  expect(await recordedAfterRestart()).toEqual([]);

  for (const [hash, by] of [
    ["b", "ada"],
    ["c", "bob"],
  ] as const) {
    pins.noteChange(tool, seen(hash));
    acceptTool(dir, { key, tool }, { by, reason: `read ${hash}`, at: "2026-01-02T00:00:00.000Z" });
  }
  const target = `${key}/${tool}`;
  const both = [
    { target, by: "ada", reason: "read b" },
    { target, by: "bob", reason: "read c" },
  ];
  expect(await recordedAfterRestart()).toEqual(both);
  expect(await recordedAfterRestart()).toEqual(both);

  const byHand = { hash: "d", by: "mallory\0\ud800", reason: "none", at: "never" };
  writeFileSync(path.join(dir, `${key}.accepted.json`), JSON.stringify({ tools: { [tool]: byHand } }));
  expect(await recordedAfterRestart()).toEqual([...both, { target, by: "mallory\uFFFD\uFFFD", reason: "none" }]);
});
