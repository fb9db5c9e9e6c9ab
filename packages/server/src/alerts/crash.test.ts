import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { createTestDatabase } from "../storage/testing.ts";

const RULES = fileURLToPath(new URL("../../../../rules", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "firebreak-alerts-"));
const program = bundleEntry(join(import.meta.dirname, "run-detection", "testing.ts"), join(place, "run-detection.mjs"));
const worker = bundleEntry(join(import.meta.dirname, "../detection/thread/main.ts"), join(place, "judge.mjs"));
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(place, { recursive: true });
});

function start(databaseUrl: string, round: string, mode: "send" | "drain") {
  const child = spawn(process.execPath, [program, databaseUrl, RULES, round, mode, worker], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.add(child);
  const exited = once(child, "exit");
  void exited.then(() => children.delete(child));
  return { child, exited, lines: createInterface({ input: child.stdout }) };
}

/** @returns the ids acknowledged before the process was killed */
async function sendUntilKilled(databaseUrl: string, round: string, acknowledgedMin: number): Promise<string[]> {
  const { child, exited, lines } = start(databaseUrl, round, "send");
  const ids: string[] = [];
  const drained = once(lines, "close");
  lines.on("line", (line) => {
    // The kill may cut the last line short.
    if (line.endsWith(";")) ids.push(line.slice(0, -1));
    if (ids.length === acknowledgedMin) child.kill("SIGKILL");
  });
  await Promise.all([exited, drained]);
  return ids;
}

test(
  "C-2: kill -9 at random moments loses no acknowledged event and alerts for each rogue act exactly once",
  { timeout: 180_000 },
  async () => {
    const { database, databaseUrl, close } = await createTestDatabase();
    const acknowledged: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      acknowledged.push(...(await sendUntilKilled(databaseUrl, `r${round}`, 60 + ((round * 97) % 400))));
    }
    const [code] = await start(databaseUrl, "last", "drain").exited;
    expect(code).toBe(0);
    const events = await database.kysely.selectFrom("events").select(["id", "agent_id"]).execute();
    const stored = new Set(events.map(({ id }) => id));
    expect(stored.size).toBe(events.length);
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    const rogues = events.map((event) => event.agent_id).filter((agent) => agent.startsWith("rogue-"));
    const alerts = await database.kysely.selectFrom("alerts").select(["id", "agent_id", "occurrences"]).execute();
    expect(rogues.length).toBeGreaterThan(40);
    expect(alerts).toHaveLength(rogues.length);
    expect(new Set(alerts.map((alert) => alert.agent_id))).toEqual(new Set(rogues));
    expect(alerts.filter(({ occurrences }) => occurrences !== 1)).toEqual([]);
    // each is told of once, alone or with others
    const { rows: told } = await database.pool.query<{ id: string }>(
      `select jsonb_path_query(payload::jsonb, '$.*[*]') ->> 0 as id from graphile_worker._private_jobs`,
    );
    expect(told.map(({ id }) => id).toSorted()).toEqual(alerts.map(({ id }) => id).toSorted());
    await close();
  },
);
