import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startRedis } from "../../../../../test/harness/redis-server.ts";
import { createNewId, readProcessStartTime, systemClock } from "../../kernel/index.ts";
import type { EvidenceItemName, EvidenceSettings } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { streamEvents } from "../../telemetry/index.ts";
import { collectEvidence } from "../collect-evidence.ts";
import type { CollectInput } from "../collect-evidence.ts";
import { emptySurroundings, readArchive, sessionSubject, settingsFor } from "./testing.ts";
import type { ReadArchive } from "./testing.ts";

let place: string;
let userHome: string;
beforeEach(() => {
  place = mkdtempSync(path.join(os.tmpdir(), "firebreak-items-"));
  userHome = path.join(place, "user");
  mkdirSync(userHome);
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

type Wish = Partial<Omit<CollectInput, "surroundings" | "settings">> & {
  surroundings?: Partial<CollectInput["surroundings"]>;
  settings?: Partial<EvidenceSettings>;
};

async function collect(item: EvidenceItemName, { surroundings, settings, ...wish }: Wish = {}): Promise<ReadArchive> {
  const actor = { kind: "cli", id: "ada", name: "ada" } as const;
  const summary = await collectEvidence(
    { home: path.join(place, "home"), database: null, clock: systemClock, actor },
    {
      archiveId: createNewId(() => systemClock.now())("evidence"),
      incidentId: null,
      agentIds: ["scout"],
      sessionId: null,
      sessions: [],
      reason: "a test",
      level: "standard",
      settings: { ...settingsFor(item), ...settings },
      surroundings: emptySurroundings({ userHome, ...surroundings }),
      signal: new AbortController().signal,
      ...wish,
    },
  );
  return readArchive(summary.directory);
}

function write(file: string, text: string, ageDays = 0): string {
  const full = path.join(userHome, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
  const at = systemClock.now() / 1000 - ageDays * 86_400;
  utimesSync(full, at, at);
  return full;
}

const SECRET = "hunter2hunter2hunter2";

describe("E-2: what is read of the host", () => {
  test("listening ports with the processes that hold them", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const { text } = await collect("connections");
    server.close();
    const { listening } = JSON.parse(text("connections.json"));
    const mine = listening.find((one: { local: string }) => one.local === `127.0.0.1:${port}`);
    expect(mine).toMatchObject({ state: "listen", processes: [{ pid: process.pid }] });
  });

  test("accounts without hashes, and authorized keys by their fingerprints", async () => {
    const archive = await collect("users");
    const { accounts } = JSON.parse(archive.text("users.json"));
    expect(accounts).toContainEqual(expect.objectContaining({ name: "root", id: 0 }));
    expect(Object.keys(accounts[0])).toEqual(["name", "id", "group", "home", "shell"]);
  });

  test("firewall rules, or why not", async () => {
    const { items } = await collect("firewall");
    const named = items.map(({ name, status, reason }) => ({ name, said: status === "collected" || reason !== null }));
    expect(named).toContainEqual({ name: "firewall/nftables.txt", said: true });
    expect(named.every(({ said }) => said)).toBe(true);
  });

  test("schedules of the user, secrets taken out", async () => {
    write(".config/systemd/user/agent.service", `[Service]\nEnvironment=API_KEY=${SECRET}\nExecStart=/bin/agent\n`);
    const { text } = await collect("schedules");
    const kept = text(`schedules${userHome}/.config/systemd/user/agent.service`);
    expect(kept).toContain("ExecStart=/bin/agent");
    expect(kept).not.toContain(SECRET);
  });
});

describe("E-2: logs of the last days", () => {
  test("tailed and named ones with what rotation made of them; old ones, links and others stay out", async () => {
    for (const name of ["app.log", "app.log.1", "app.log.2.gz", "app-2026-03-01.log", "app2.log", "apps.log.1"])
      write(`logs/${name}`, name);
    write("logs/app.log.9", "old", 30);
    const own = write("own/agent.log", "own");
    symlinkSync("/etc/shadow", path.join(userHome, "logs/link.log"));
    const tailedPaths = async () => [path.join(userHome, "logs/app.log"), path.join(userHome, "logs/l*.log")];
    const { names } = await collect("logs", { surroundings: { tailedPaths }, settings: { logs: [own] } });
    const mine = names.filter((name) => name.startsWith(`logs${userHome}`)).map((name) => path.basename(name));
    expect(mine.toSorted()).toEqual(["agent.log", "app-2026-03-01.log", "app.log", "app.log.1", "app.log.2.gz"]);
  });

  test("of a log beyond the limit the last bytes", async () => {
    const file = write("big.log", `${"x".repeat(1024 * 1024)}the end`);
    const { levels, ...rest } = settingsFor("logs");
    const settings = { ...rest, levels: { ...levels, standard: { ...levels.standard, fileMb: 1 } }, logs: [file] };
    const { item, text } = await collect("logs", { settings });
    expect(item(`logs${file}`)).toMatchObject({
      status: "degraded",
      reason: "only the last 1048576 of 1048583 bytes were kept",
    });
    expect(text(`logs${file}`)).toMatch(/the end$/);
  });
});

describe("E-2, E-8: configuration", () => {
  test("of runtimes and workspace, without secrets; what the profile names and is not there is a gap", async () => {
    write(".claude/settings.json", JSON.stringify({ env: { ANTHROPIC_API_KEY: SECRET }, model: "opus" }));
    const workspace = path.join(userHome, "workspace");
    write("workspace/.mcp.json", JSON.stringify({ mcpServers: { x: { args: ["--token", SECRET] } } }));
    const missing = path.join(userHome, "missing.yaml");
    const archive = await collect("configuration", {
      sessions: [sessionSubject({ workspace })],
      settings: { configuration: [missing] },
    });
    expect(archive.text(`configuration${userHome}/.claude/settings.json`)).toContain("opus");
    expect(archive.everything()).not.toContain(SECRET);
    expect(archive.item(`configuration${missing}`)).toMatchObject({ status: "failed" });
  });

  test("a runtime's directory that leads out of the home is not followed, one within is", async () => {
    mkdirSync(path.join(place, "other"));
    writeFileSync(path.join(place, "other/openclaw.json"), '{"port":1}');
    symlinkSync(path.join(place, "other"), path.join(userHome, ".openclaw"));
    write("dotfiles/claude/settings.json", '{"model":"opus"}');
    symlinkSync(path.join(userHome, "dotfiles/claude"), path.join(userHome, ".claude"));
    const { names, item: itemOf } = await collect("configuration");
    expect(names).toContain(`configuration${userHome}/dotfiles/claude/settings.json`);
    expect(itemOf(`configuration${userHome}/.openclaw/openclaw.json`)).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("symbolic link"),
    });
    const { item } = await collect("openclaw");
    expect(item(`openclaw${userHome}/.openclaw/files.json`)).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("symbolic link"),
    });
  });
});

const SQLITE = "/usr/bin/sqlite3";

describe("E-2: sessions of agents", () => {
  test("OpenClaw's transcripts, logs and memory; credentials are listed and not copied, old transcripts neither", async () => {
    write(".openclaw/agents/main/sessions/one.jsonl", '{"type":"session"}\n');
    write(".openclaw/agents/main/sessions/old.jsonl", "{}", 90);
    write(".openclaw/workspace/SOUL.md", "be kind", 90);
    write(".openclaw/credentials/whatsapp/creds.json", SECRET);
    write(".openclaw/agents/main/agent/auth-profiles.json", SECRET);
    const root = `openclaw${userHome}/.openclaw`;
    const archive = await collect("openclaw");
    expect(archive.text(`${root}/agents/main/sessions/one.jsonl`)).toContain("session");
    expect(archive.names).toContain(`${root}/workspace/SOUL.md`);
    expect(archive.names).not.toContain(`${root}/agents/main/sessions/old.jsonl`);
    expect(archive.text(`${root}/files.json`)).toContain("credentials/whatsapp/creds.json");
    expect(archive.everything()).not.toContain(SECRET);
  });

  test.skipIf(!existsSync(SQLITE))("a SQLite database whose last writes are in its log only", async () => {
    const file = write(".openclaw/state/openclaw.sqlite", "");
    const shell = spawn(SQLITE, [file], { stdio: ["pipe", "pipe", "inherit"] });
    shell.stdin.write(
      "pragma journal_mode=wal; create table t(x); insert into t values('in the log'); select 'done';\n",
    );
    await once(shell.stdout, "data");
    const archive = await collect("openclaw");
    shell.stdin.end();
    await once(shell, "close");
    const name = `openclaw${userHome}/.openclaw/state/openclaw.sqlite`;
    expect(archive.item(name)).toMatchObject({ status: "collected", metadata: { snapshot: "consistent" } });
    for (const suffix of ["", "-wal", "-shm"])
      writeFileSync(path.join(place, `copy${suffix}`), archive.bytes(name + suffix));
    const read = execFileSync(SQLITE, [path.join(place, "copy"), "select x from t"], { encoding: "utf8" });
    expect(read.trim()).toBe("in the log");
  });

  test("Claude Code's transcripts of the last days", async () => {
    write(".claude/projects/-work-x/one.jsonl", '{"type":"user"}\n');
    write(".claude/projects/-work-x/old.jsonl", "{}", 90);
    write(".claude/.credentials.json", SECRET);
    const archive = await collect("claude-code");
    const root = `claude-code${userHome}/.claude`;
    expect(archive.names).toContain(`${root}/projects/-work-x/one.jsonl`);
    expect(archive.names).not.toContain(`${root}/projects/-work-x/old.jsonl`);
    expect(archive.everything()).not.toContain(SECRET);
  });
});

describe("E-2: memory, only on request", () => {
  const startSleeper = async () => {
    const child = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    return { child, identity: { pid, startTime: readProcessStartTime(pid) ?? "", command: "sleep", state: "S" } };
  };
  const settingsWith = (gcore: string) => ({ memory: { gcore, processMb: 64 } });

  test("a core file of each process; one that is gone or too large, and a missing tool, are gaps", async () => {
    const { child, identity } = await startSleeper();
    const gcore = path.join(place, "gcore");
    writeFileSync(gcore, '#!/bin/sh\nprintf "core of %s" "$3" > "$2.$3"\n');
    chmodSync(gcore, 0o755);
    const gone = { ...identity, startTime: "1" };
    const large = { pid: process.pid, startTime: readProcessStartTime(process.pid) ?? "", command: "node", state: "R" };
    const session = sessionSubject({ processes: [identity, large] });
    const archive = await collect("memory", { memory: true, sessions: [session], settings: settingsWith(gcore) });
    expect(archive.text(`memory/${identity.pid}.core`)).toBe(`core of ${identity.pid}`);
    expect(archive.item(`memory/${process.pid}.core`)).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("more than"),
    });
    const after = await collect("memory", {
      memory: true,
      sessions: [sessionSubject({ processes: [gone] })],
      settings: settingsWith(gcore),
    });
    expect(after.item(`memory/${identity.pid}.core`)).toMatchObject({ reason: expect.stringContaining("was gone") });
    const none = await collect("memory", {
      memory: true,
      sessions: [session],
      settings: settingsWith("/nowhere/gcore"),
    });
    expect(none.item("memory")).toMatchObject({ status: "failed", reason: expect.stringContaining("not installed") });
    const unasked = await collect("memory", { sessions: [session] });
    expect(unasked.names).toEqual(["collection.json"]);
    child.kill("SIGKILL");
  });

  test.skipIf(!existsSync("/usr/bin/gcore"))("the real gcore dumps a real process, which lives on", async () => {
    const { child, identity } = await startSleeper();
    const sessions = [sessionSubject({ processes: [identity] })];
    const archive = await collect("memory", { memory: true, sessions, settings: settingsWith("/usr/bin/gcore") });
    expect(archive.bytes(`memory/${identity.pid}.core`).subarray(1, 4).toString()).toBe("ELF");
    expect(readProcessStartTime(identity.pid)).toBe(identity.startTime);
    child.kill("SIGKILL");
  });
});

describe("E-2: databases and telemetry", () => {
  let shared: TestDatabase;
  beforeAll(async () => {
    shared = await createTestDatabase();
  });
  afterAll(() => shared.close());

  test("the state of PostgreSQL and Redis, only read; the address is in no reason", async () => {
    const redis = await startRedis({ password: SECRET });
    const secrets: Record<string, string> = {
      ORDERS_URL: shared.databaseUrl,
      CACHE_URL: `redis://:${SECRET}@127.0.0.1:${redis.port}`,
      GONE_URL: `postgres://ada:${SECRET}@127.0.0.1:1/x`,
    };
    const settings = {
      databases: [
        { name: "orders", kind: "postgresql" as const, urlEnv: "ORDERS_URL" },
        { name: "cache", kind: "redis" as const, urlEnv: "CACHE_URL" },
        { name: "gone", kind: "postgresql" as const, urlEnv: "GONE_URL" },
        { name: "unset", kind: "redis" as const, urlEnv: "UNSET_URL" },
      ],
    };
    const readSecret = async (name: string) => secrets[name];
    const archive = await collect("databases", { settings, surroundings: { readSecret } });
    await redis.close();
    expect(JSON.parse(archive.text("databases/orders.json"))).toMatchObject({
      activity: expect.any(Array),
      locks: expect.any(Array),
      roles: expect.any(Array),
      version: [{ version: expect.stringContaining("PostgreSQL") }],
    });
    expect(JSON.parse(archive.text("databases/cache.json"))).toMatchObject({
      info: expect.arrayContaining([expect.stringMatching(/^redis_version:/)]),
      clients: [expect.stringContaining("cmd=client")],
      slowCommands: 0,
    });
    for (const name of ["gone", "unset"])
      expect(archive.item(`databases/${name}.json`)).toMatchObject({ status: "failed" });
    expect(archive.everything()).not.toContain(SECRET);
  });

  test("the agent's events, each once and in order, and what they hold of models, prompts and tools", async () => {
    const rows = Array.from({ length: 1_203 }, (_, index) => {
      const kind = index % 3 === 0 ? "prompt" : "model_output";
      const data = {
        content: `prompt ${index % 6}`,
        model: "opus",
        attributes: { "gen_ai.tool.definitions": [{ name: "bash" }] },
      };
      // many share a time
      const time = new Date(systemClock.now() - 60_000 + Math.floor(index / 700)).toISOString();
      const event = { id: `e${index}`, time, agent: { id: "scout" }, kind, data };
      return {
        id: event.id,
        time,
        received_at: time,
        source: "test",
        agent_id: index === 1_202 ? "other" : "scout",
        kind,
        outcome: "unknown",
        body: JSON.stringify(event),
      };
    });
    for (let from = 0; from < rows.length; from += 500) {
      await shared.database.kysely
        .insertInto("events")
        .values(rows.slice(from, from + 500))
        .execute();
    }
    const archive = await collect("telemetry", {
      surroundings: { readEvents: (of) => streamEvents(shared, of) },
    });
    const lines = archive
      .text("events.ndjson")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ id }) => id)).toEqual(rows.slice(0, 1_202).map(({ id }) => id));
    const context = JSON.parse(archive.text("model-context.json"));
    expect(context).toMatchObject({
      models: [{ value: "opus", count: 1_202 }],
      toolDefinitions: [{ value: [{ name: "bash" }], first: "e0", last: "e1201" }],
      prompts: [{ value: "prompt 0" }, { value: "prompt 3" }],
    });
    expect(archive.item("model-context.json")).toMatchObject({
      metadata: { absent: ["instructions", "retrievedDocuments"] },
    });
  });
});
