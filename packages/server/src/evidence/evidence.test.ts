import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import type { ProcessIdentity } from "@firebreak/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createManualClock, createNewId, formatEndpoint, readProcessStartTime } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import { collectEvidence, getEvidence, listEvidence, settleInterrupted, verifyArchive } from "./index.ts";
import type { CollectInput, EvidenceContext } from "./index.ts";
import { writeCollectionRecord } from "./collect/collection-record.ts";
import { emptySurroundings, sessionSubject, settingsFor } from "./collect/testing.ts";
import { redactEnvironment, redactText } from "./redact.ts";

const START = Date.parse("2026-03-01T03:00:00Z");
type Shared = Awaited<ReturnType<typeof createTestDatabase>>;
type TestDatabase = Shared["database"];
let shared: Shared;
let place: string;
let home: string;
let ctx: EvidenceContext & { readonly database: TestDatabase };
const children: ChildProcess[] = [];

beforeAll(async () => {
  shared = await createTestDatabase();
});
afterAll(() => shared.close());
beforeEach(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-evidence-"));
  home = path.join(place, "home");
  const actor = { kind: "playbook", id: "run_1", name: "rogue-agent" } as const;
  ctx = { home, database: shared.database, clock: createManualClock(START), actor };
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(place, { recursive: true, force: true });
});

function startProcess(env: Record<string, string>): ProcessIdentity {
  const child = spawn(
    process.execPath,
    ["-e", "require('net').createServer().listen(0,'127.0.0.1'); setInterval(() => {}, 1000)"],
    {
      env: { ...process.env, ...env },
      stdio: "ignore",
    },
  );
  children.push(child);
  const pid = child.pid ?? 0;
  return { pid, startTime: readProcessStartTime(pid) ?? "", command: "node", state: "S" };
}

async function waitForSocket(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlink(`/proc/${pid}/fd/${fd}`));
    if (open.filter((target) => target.startsWith("socket:")).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`process ${pid} opened no socket`);
}

function readlink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}

function input(overrides: Partial<CollectInput> = {}): CollectInput {
  return {
    archiveId: createNewId(() => START)("evidence"),
    incidentId: "INC-2026-0001",
    agentIds: ["scout"],
    sessionId: "ses_1",
    sessions: [sessionSubject()],
    reason: "rogue agent",
    level: "quick",
    settings: settingsFor("processes", "output", "workspace"),
    surroundings: emptySurroundings(),
    signal: new AbortController().signal,
    ...overrides,
  };
}

function readItem(directory: string, name: string): { text: string; item: Record<string, unknown> } {
  const manifest: { evidence_items: { name: string; file_path: string | null }[] } = JSON.parse(
    readFileSync(path.join(directory, "manifest.json"), "utf8"),
  );
  const item = manifest.evidence_items.find((candidate) => candidate.name === name);
  if (item === undefined) throw new Error(`no item ${name}`);
  const text = item.file_path === null ? "" : readFileSync(path.join(directory, item.file_path), "utf8");
  return { text, item };
}

function makeWorkspace(): string {
  const workspace = path.join(place, "workspace");
  mkdirSync(path.join(workspace, "notes"), { recursive: true });
  writeFileSync(path.join(workspace, "notes/plan.md"), "delete everything");
  symlinkSync("/etc/shadow", path.join(workspace, "innocent.txt"));
  return workspace;
}

describe("E-2: collecting the evidence of an agent", () => {
  test("keeps the live process with open sockets and environment, secrets redacted", async () => {
    const identity = startProcess({ SERVICE_API_KEY: "hunter2hunter2", PLAIN: "visible" });
    await waitForSocket(identity.pid);
    const summary = await collectEvidence(
      ctx,
      input({ sessions: [sessionSubject({ processes: [identity], outputLog: null, workspace: null })] }),
    );
    const { text } = readItem(summary.directory, "process-tree.json");
    const facts = JSON.parse(text);
    expect(facts.processes[0].pid).toBe(identity.pid);
    expect(facts.processes[0].environment).toContain("PLAIN=visible");
    expect(facts.processes[0].environment).toContain("SERVICE_API_KEY=[REDACTED: KEY, 14 characters]");
    expect(text).not.toContain("hunter2hunter2");
    expect(facts.sockets.map((socket: { state: string }) => socket.state)).toContain("listen");
  });

  test("keeps the agent's files and never follows a link out of them", async () => {
    const summary = await collectEvidence(
      ctx,
      input({ sessions: [sessionSubject({ processes: [], outputLog: null, workspace: makeWorkspace() })] }),
    );
    expect(readItem(summary.directory, "workspace/notes/plan.md").text).toBe("delete everything");
    const inventory = JSON.parse(readItem(summary.directory, "workspace.json").text);
    expect(inventory.entries.map((entry: { path: string; type: string }) => [entry.path, entry.type])).toEqual([
      ["innocent.txt", "symlink"],
      ["notes", "directory"],
      ["notes/plan.md", "file"],
    ]);
    expect(() => readItem(summary.directory, "workspace/innocent.txt")).toThrow("no item");
  });

  test("Firebreak's own home is left out of a workspace that holds it, also behind a link", async () => {
    const workspace = makeWorkspace();
    mkdirSync(path.join(home, "secrets"), { recursive: true });
    writeFileSync(path.join(home, "secrets/cli-token"), "a-secret-of-firebreak");
    const outer = await collectEvidence(
      ctx,
      input({ sessions: [sessionSubject({ processes: [], outputLog: null, workspace: place })] }),
    );
    const itself = await collectEvidence(
      ctx,
      input({ sessions: [sessionSubject({ processes: [], outputLog: null, workspace: home })] }),
    );
    expect(readItem(outer.directory, "workspace/workspace/notes/plan.md").text).toBe("delete everything");
    expect(readItem(outer.directory, "workspace.json").item).toMatchObject({
      status: "degraded",
      reason: "home: Firebreak's own home is left out",
    });
    for (const { directory } of [outer, itself]) {
      const blobs = readdirSync(path.join(directory, "blobs")).map((name) =>
        readFileSync(path.join(directory, "blobs", name), "utf8"),
      );
      expect(blobs.join("\n")).not.toContain("a-secret-of-firebreak");
    }
    expect(workspace.startsWith(place)).toBe(true);
  });

  test("what could not be had is an item with its reason", async () => {
    const gone = { pid: 999_999_999, startTime: "1", command: "ghost", state: "S" };
    const summary = await collectEvidence(
      ctx,
      input({ sessions: [sessionSubject({ processes: [gone], outputLog: "/nonexistent/log", workspace: null })] }),
    );
    expect(readItem(summary.directory, "process-tree.json").item).toMatchObject({
      status: "degraded",
      reason: "process 999999999 (ghost) was gone",
    });
    expect(readItem(summary.directory, "output.log").item).toMatchObject({ status: "failed" });
    expect(readItem(summary.directory, "workspace.json").item).toMatchObject({
      status: "failed",
      reason: "the agent has no known workspace",
    });
    expect(summary.degradedItems).toBe(3);
    expect((await verifyArchive(summary.directory)).intact).toBe(true);
  });

  test("a time limit that ran out seals what was had and names the rest", async () => {
    const summary = await collectEvidence(
      ctx,
      input({
        signal: AbortSignal.abort(),
        sessions: [sessionSubject({ processes: [], outputLog: null, workspace: makeWorkspace() })],
      }),
    );
    expect(readItem(summary.directory, "workspace").item).toMatchObject({
      status: "failed",
      reason: "the time for collecting ran out",
    });
    expect((await verifyArchive(summary.directory)).intact).toBe(true);
  });
});

describe("E-3: chain of custody", () => {
  test("collecting twice under one id gives one archive, recorded and audited once", async () => {
    const once = input({ sessions: [sessionSubject({ processes: [], outputLog: null, workspace: makeWorkspace() })] });
    const first = await collectEvidence(ctx, once);
    writeFileSync(path.join(place, "workspace/notes/plan.md"), "nothing to see here");
    expect(await collectEvidence(ctx, once)).toEqual(first);
    expect((await getEvidence(ctx, once.archiveId)).manifestSha256).toBe(first.manifestSha256);
    expect(
      (await listEvidence(ctx, { incidentId: "INC-2026-0001" })).filter((one) => one.id === once.archiveId),
    ).toHaveLength(1);
    const audited = await shared.database.kysely
      .selectFrom("audit_log")
      .selectAll()
      .where("target", "=", once.archiveId)
      .where("action", "=", "evidence.collect")
      .execute();
    expect(audited).toHaveLength(1);
  });

  test("killed between manifest and custody log, the archive is whole when somebody comes by", async () => {
    const once = input();
    const { directory } = await collectEvidence(ctx, once);
    const actor = { kind: "playbook", id: "run_1", name: "rogue-agent" } as const;
    writeCollectionRecord(home, {
      version: 1,
      id: once.archiveId,
      incidentId: null,
      agentId: "scout",
      sessionId: null,
      level: "quick",
      reason: "rogue agent",
      actor,
      process: { pid: 999_999_999, startTime: "1" },
      startedAt: "2026-03-01T03:00:00.000Z",
      endsBy: "2026-03-01T03:01:00.000Z",
      progress: { done: 3, total: 3, current: null, items: 3, bytes: 3 },
      end: null,
    });
    rmSync(path.join(directory, "custody.jsonl"));
    expect((await verifyArchive(directory)).intact).toBe(false);
    expect(await settleInterrupted({ ...ctx, tried: new Set() })).toEqual([]);
    expect(await verifyArchive(directory)).toMatchObject({ intact: true });
  });

  test("a directory of which nothing tells what it is is set aside, not sealed and not touched", async () => {
    const { archiveId } = input();
    const directory = path.join(home, "evidence", archiveId);
    mkdirSync(path.join(directory, "blobs"), { recursive: true });
    writeFileSync(path.join(directory, "blobs", "half"), "half a blob");
    expect(await settleInterrupted({ ...ctx, tried: new Set() })).toEqual([
      { id: archiveId, isSealed: false, problem: expect.stringContaining(`kept unsealed as ${archiveId}.partial-1`) },
    ]);
    expect(readFileSync(`${directory}.partial-1/blobs/half`, "utf8")).toBe("half a blob");
  });

  const ATTACKS: readonly { name: string; attack: (directory: string) => void; finds: string }[] = [
    {
      name: "a changed blob",
      attack: (d) => appendFileSync(firstBlob(d), "x"),
      finds: "has other content than was collected",
    },
    { name: "a removed blob", attack: (d) => rmSync(firstBlob(d)), finds: "is missing" },
    {
      name: "a blob replaced by a link",
      attack: (d) => {
        const blob = firstBlob(d);
        rmSync(blob);
        symlinkSync("/etc/hostname", blob);
      },
      finds: "is missing",
    },
    {
      name: "a changed manifest",
      attack: (d) => edit(d, "manifest.json", (text) => text.replace("rogue agent", "calm agent!")),
      finds: "was changed after it was signed",
    },
    {
      name: "a manifest that is no JSON",
      attack: (d) => edit(d, "manifest.json", () => "{"),
      finds: "is not a manifest of this format",
    },
    {
      name: "an item dropped from the manifest",
      attack: (d) => edit(d, "manifest.json", dropItem),
      finds: "does not stand in the manifest",
    },
    {
      name: "a missing manifest",
      attack: (d) => rmSync(path.join(d, "manifest.json")),
      finds: "is missing or cannot be read",
    },
    {
      name: "a signature made of noise",
      attack: (d) =>
        edit(d, "manifest.sig.json", (text) =>
          text.replace(/"signature_base64": ".{8}/, '"signature_base64": "AAAAAAAA'),
        ),
      finds: "does not fit the manifest",
    },
    {
      name: "a stranger's file",
      attack: (d) => writeFileSync(path.join(d, "blobs", "planted"), ""),
      finds: "does not stand in the manifest",
    },
    {
      name: "an edited custody log",
      attack: (d) => edit(d, "custody.jsonl", (text) => text.replace('"act":"collected"', '"act":"exported"') + text),
      finds: "does not follow the line before it",
    },
    {
      name: "a removed custody log",
      attack: (d) => rmSync(path.join(d, "custody.jsonl")),
      finds: "is missing or cannot be read",
    },
  ];

  test.each(ATTACKS)("the verifier finds $name", async ({ attack, finds }) => {
    const summary = await collectEvidence(
      ctx,
      input({ sessions: [sessionSubject({ processes: [], outputLog: null, workspace: makeWorkspace() })] }),
    );
    expect(await verifyArchive(summary.directory)).toMatchObject({ intact: true, findings: [] });
    attack(summary.directory);
    const verdict = await verifyArchive(summary.directory);
    expect(verdict.intact).toBe(false);
    expect(verdict.findings.map((finding) => finding.message).join("\n")).toContain(finds);
  });

  test("an archive replaced whole is found by the key that should have signed it", async () => {
    const real = await collectEvidence(ctx, input());
    const { signedBy } = await verifyArchive(real.directory);
    const otherHome = mkdtempSync(path.join(os.tmpdir(), "firebreak-evidence-"));
    const forged = await collectEvidence({ ...ctx, home: otherHome }, input());
    rmSync(real.directory, { recursive: true });
    renameSync(forged.directory, real.directory);
    rmSync(otherHome, { recursive: true });
    const verdict = await verifyArchive(real.directory, { expectedKeyId: signedBy });
    expect(verdict.findings[0]?.message).toMatch(/was made by key/);
  });
});

function firstBlob(directory: string): string {
  return path.join(directory, "blobs", readdirSync(path.join(directory, "blobs"))[0] ?? "");
}

function edit(directory: string, file: string, change: (text: string) => string): void {
  const full = path.join(directory, file);
  writeFileSync(full, change(readFileSync(full, "utf8")));
}

function dropItem(text: string): string {
  const manifest = JSON.parse(text);
  manifest.evidence_items = manifest.evidence_items.filter(
    (item: { file_path: string | null }) => item.file_path === null,
  );
  manifest.total_evidence_items = manifest.evidence_items.length;
  return JSON.stringify(manifest);
}

describe("E-8: redaction", () => {
  test.each([
    ["OPENAI_API_KEY=abc", "OPENAI_API_KEY=[REDACTED: KEY, 3 characters]"],
    ["DB_PASSWORD=s=e", "DB_PASSWORD=[REDACTED: KEY, 3 characters]"],
    ["GITHUB_TOKEN=x", "GITHUB_TOKEN=[REDACTED: KEY, 1 characters]"],
    ["DATABASE_URL=postgres://app:s3cret@db/x", "DATABASE_URL=postgres://app:[REDACTED: PWD]@db/x"],
    ["NOTE=uses sk-ant-abcdefghijklmnop1234 here", "NOTE=uses [REDACTED: KEY] here"],
    ["MONKEY=banana", "MONKEY=banana"],
    ["PATH=/usr/bin", "PATH=/usr/bin"],
  ])("%s becomes %s", (pair, redacted) => {
    expect(redactEnvironment([pair]).pairs).toEqual([redacted]);
  });

  test("a private key inside text is replaced whole", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----";
    expect(redactText(`before ${key} after`)).toEqual({ text: "before [REDACTED: KEY] after", redactions: 1 });
  });
});

test("an address of the kernel's socket table reads as people write it", () => {
  expect(formatEndpoint("0100007F:1F90")).toBe("127.0.0.1:8080");
  expect(formatEndpoint("00000000000000000000000001000000:0050")).toBe("[0:0:0:0:0:0:0:1]:80");
});
