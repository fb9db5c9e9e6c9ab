import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, test, vi } from "vitest";
import { bundleEntry } from "../../../../test/agents/bundle-entry.ts";
import { createTestDatabase } from "./testing.ts";
import type { TestDatabase } from "./testing.ts";

const place = mkdtempSync(join(tmpdir(), "firebreak-work-"));
const program = bundleEntry(join(import.meta.dirname, "run-jobs", "testing.ts"), join(place, "run-jobs.mjs"));
const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(place, { recursive: true });
});

async function startNode({ databaseUrl }: TestDatabase, home: string, mode = "run") {
  const child = spawn(process.execPath, [program, databaseUrl, home, mode], { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  const lines = createInterface({ input: child.stdout });
  const committed: string[] = [];
  await once(lines, "line");
  lines.on("line", (line) => committed.push(line));
  const kill = async () => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    children.delete(child);
  };
  return { committed, lines, kill };
}

const listScopes = async ({ database }: TestDatabase) =>
  new Map(
    (await database.kysely.selectFrom("incident_counters").selectAll().execute()).map((row) => [row.scope, row.last]),
  );

test("kill -9 at random moments, restarts on the same home: no committed job is lost, its successor is made once", async () => {
  const created = await createTestDatabase();
  const committed: string[] = [];
  for (let round = 0; round < 6; round += 1) {
    const node = await startNode(created, "/home/a", "enqueue");
    const target = 40 + ((round * 37) % 90);
    while (node.committed.length < target) await once(node.lines, "line");
    await node.kill();
    committed.push(...node.committed);
  }
  const last = await startNode(created, "/home/a");
  await vi.waitFor(
    async () => {
      const scopes = await listScopes(created);
      expect(committed.filter((id) => !scopes.has(`first-${id}`) || !scopes.has(`second-${id}`))).toEqual([]);
      expect((await created.database.pool.query("select from graphile_worker._private_jobs")).rowCount).toBe(0);
    },
    { timeout: 30_000, interval: 50 },
  );
  await last.kill();
  await created.close();
});

test("takeover: the jobs of a killed node are run by another node, each once", async () => {
  const created = await createTestDatabase();
  const survivor = await startNode(created, "/home/b");
  const victim = await startNode(created, "/home/a", "enqueue");
  while (victim.committed.length < 300) await once(victim.lines, "line");
  await victim.kill();
  await vi.waitFor(
    async () => {
      const scopes = await listScopes(created);
      expect(victim.committed.filter((id) => !scopes.has(`second-${id}`))).toEqual([]);
      expect((await created.database.pool.query("select from graphile_worker._private_jobs")).rowCount).toBe(0);
      // the dead node is forgotten by its time, also when it held no job any more
      const nodes = await created.database.kysely.selectFrom("nodes").select("home").execute();
      expect(nodes).toEqual([{ home: "/home/b" }]);
    },
    { timeout: 50_000, interval: 50 },
  );
  await survivor.kill();
  await created.close();
});
