import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startEngine } from "../../../../../test/harness/docker-engine.ts";
import type { Engine } from "../../../../../test/harness/docker-engine.ts";
import { collectEvidence } from "../../evidence/index.ts";
import { createNewId, evidenceSettings, systemClock } from "../../kernel/index.ts";
import { containerSource } from "./container-source.ts";

/** A Docker Engine needs root; this machine's own, if it has one, is left alone. */
const isRoot = process.getuid?.() === 0;
const SECRET = "hunter2hunter2";

describe.skipIf(!isRoot)("E-2: containers of a real Docker Engine", () => {
  let engine: Engine;
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "firebreak-containers-"));
    engine = await startEngine();
  }, 60_000);
  afterAll(async () => {
    await engine.close();
    rmSync(home, { recursive: true, force: true });
  });

  test("description, processes, changed files and logs, without the values of secrets", async () => {
    const body = {
      Image: "agent",
      Cmd: ["/bin/sh", "-c", "echo hello; echo changed > /note; while :; do /bin/sleep 1; done"],
      Labels: { "firebreak.agent": "scout" },
      Env: [`API_KEY=${SECRET}`, "PLAIN=visible"],
      HostConfig: { NetworkMode: "none" },
    };
    expect((await engine.ask("POST", "/containers/create?name=scout-1", body)).status).toBe(201);
    expect((await engine.ask("POST", "/containers/scout-1/start")).status).toBe(204);
    const source = containerSource(`unix://${engine.socket}`);
    const signal = new AbortController().signal;
    const summary = await collectEvidence(
      { home, database: null, clock: systemClock, actor: { kind: "cli", id: "ada", name: "ada" } },
      {
        archiveId: createNewId(() => systemClock.now())("evidence"),
        incidentId: null,
        agentIds: ["scout"],
        sessionId: null,
        sessions: [],
        reason: "a test",
        level: "standard",
        settings: evidenceSettings.parse({ levels: { standard: { items: ["containers"] } }, keepFreeMb: 0 }),
        surroundings: {
          readEvents: null,
          containers: source,
          readSkills: async () => [],
          tailedPaths: async () => [],
          ownFiles: [],
          readSecret: async () => undefined,
          userHome: home,
        },
        signal,
      },
    );
    const manifest = z
      .object({ evidence_items: z.array(z.object({ name: z.string(), file_path: z.string().nullable() })) })
      .parse(JSON.parse(readFileSync(join(summary.directory, "manifest.json"), "utf8")));
    const text = (name: string) => {
      const file = manifest.evidence_items.find((one) => one.name === name)?.file_path;
      return readFileSync(join(summary.directory, file ?? `no item ${name}`), "utf8");
    };
    const everything = manifest.evidence_items
      .map(({ name, file_path: file }) => (file === null ? "" : text(name)))
      .join();
    expect(JSON.parse(text("containers/scout-1/container.json"))).toMatchObject({
      Config: {
        Env: expect.arrayContaining(["PLAIN=visible", `API_KEY=[REDACTED: KEY, ${SECRET.length} characters]`]),
      },
    });
    expect(text("containers/scout-1/logs.txt")).toMatch(/^\S+ hello\n$/);
    expect(text("containers/scout-1/processes.json")).toContain("sleep");
    expect(text("containers/scout-1/changed-files.json")).toContain("/note");
    expect(everything).not.toContain(SECRET);
  });
});
