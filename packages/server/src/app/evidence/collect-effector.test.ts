import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import { effectorContextFor } from "../../containment/effectors/testing.ts";
import { getEvidence, verifyArchive } from "../../evidence/index.ts";
import { evidenceSettings, profileSchema } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { evidenceCollect } from "./collect-effector.ts";

let shared: TestDatabase;
let home: string;
let place: string;
let evidenceWorkerFile: string;
beforeAll(async () => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-effector-"));
  evidenceWorkerFile = bundleEntry(path.join(import.meta.dirname, "worker/main.ts"), path.join(place, "worker.mjs"));
  shared = await createTestDatabase();
});
afterAll(async () => {
  await shared.close();
  rmSync(place, { recursive: true, force: true });
});
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "firebreak-effector-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** As a supervisor leaves it. */
function leaveSession(sessionId: string, agentId: string): void {
  const directory = path.join(home, "sessions", sessionId);
  mkdirSync(directory, { recursive: true });
  const outputLog = path.join(directory, "output.log");
  writeFileSync(outputLog, `the output of ${sessionId}`);
  const entry = {
    version: 1,
    sessionId,
    agentId,
    pack: null,
    host: os.hostname(),
    bootId: "boot",
    supervisor: { pid: 999_999_999, startTime: "1" },
    root: null,
    cgroup: null,
    socketPath: path.join(directory, "socket"),
    workspace: null,
    outputLog,
    command: ["agent"],
    startedAt: "2026-03-01T03:00:00.000Z",
    seen: [],
  };
  writeFileSync(path.join(directory, "final.json"), JSON.stringify(entry));
}

function createEffector() {
  const effectors = profileSchema.shape.effectors.parse(undefined);
  const profile = { name: "ai-empire", effectors, evidence: evidenceSettings.parse({ keepFreeMb: 0 }) };
  const profilesDir = path.resolve(import.meta.dirname, "../../../../../profiles");
  return evidenceCollect({
    database: shared.database,
    profile,
    profilesDir,
    readSecret: async () => undefined,
    evidenceWorkerFile,
  });
}

function itemsOf(directory: string): string[] {
  const manifest: { evidence_items: { name: string }[] } = JSON.parse(
    readFileSync(path.join(directory, "manifest.json"), "utf8"),
  );
  return manifest.evidence_items.map(({ name }) => name);
}

describe("E-1: the step that collects before containment destroys", () => {
  test("all sessions of the agent go into one archive, at the level of its parameter, and again into the same one", async () => {
    for (const id of ["one", "two"]) leaveSession(id, "scout");
    leaveSession("three", "other");
    const effector = createEffector();
    const parameters = { agentId: "scout", reason: "before the kill", level: "quick", timeLimitSeconds: 20 };
    const ctx = effectorContextFor(home, { runId: "run_1" });
    const { changes } = await effector.preview(ctx, parameters);
    expect(changes).toEqual([expect.stringMatching(/\(quick\) of (?:one, two|two, one) /)]);
    const first = await effector.apply(ctx, parameters);
    expect(await effector.apply(ctx, parameters)).toEqual(first);
    const { archives } = first.output as { archives: { id: string }[] };
    expect(archives).toHaveLength(1);
    const { directory, agentId } = await getEvidence({ database: shared.database }, archives[0]?.id ?? "");
    expect(agentId).toBe("scout");
    const items = itemsOf(directory);
    expect(items).toEqual(expect.arrayContaining(["sessions/one/output.log", "sessions/two/output.log"]));
    expect(items.join()).not.toContain("three");
    expect(items).not.toContain("users.json");
    expect(await verifyArchive(directory)).toMatchObject({ intact: true });
  });

  test("a time box that is over before anything was collected still leaves a sealed archive that says so", async () => {
    leaveSession("one", "scout");
    const ctx = { ...effectorContextFor(home, { runId: "run_2" }), signal: AbortSignal.abort() };
    const done = await createEffector().apply(ctx, { agentId: "scout", reason: "before the kill", level: "standard" });
    expect(done).toMatchObject({ ok: true, message: expect.stringContaining("incomplete") });
  });

  test("without an agent, what the host shows is collected, before a service on it is stopped", async () => {
    leaveSession("one", "scout");
    const effector = createEffector();
    const parameters = { reason: "before the restart", level: "quick", timeLimitSeconds: 20 };
    const ctx = effectorContextFor(home, { runId: "run_4" });
    expect((await effector.preview(ctx, parameters)).changes).toEqual([expect.stringContaining("of this host")]);
    const { archives } = (await effector.apply(ctx, parameters)).output as { archives: { id: string }[] };
    const { directory, agentId } = await getEvidence({ database: shared.database }, archives[0]?.id ?? "");
    expect(agentId).toBeNull();
    expect(itemsOf(directory)).toContain("connections.json");
    expect(itemsOf(directory).join()).not.toContain("sessions/");
  });

  test("an agent that nobody knows here is no success", async () => {
    const ctx = effectorContextFor(home, { runId: "run_3" });
    const done = await createEffector().apply(ctx, { agentId: "nobody", reason: "before the kill" });
    expect(done).toMatchObject({ ok: false, reason: "not_found" });
  });
});
