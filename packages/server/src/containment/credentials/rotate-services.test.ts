import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../../../../../test/agents/process-trees.ts";
import { startRedis } from "../../../../../test/harness/redis-server.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import { effectorContextFor, effectorSettingsOf } from "../effectors/testing.ts";
import { createRotateEffector } from "./rotate-effector.ts";

const OLD = "old-secret-value-0123456789";
const PROGRAM = join(import.meta.dirname, "../../../../../test/agents/credential-user.mjs");
let home = "";

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-rotate-services-"));
  writeFileSync(join(home, "password"), OLD, { mode: 0o600 });
});
afterEach(() => {
  endAgent();
  rmSync(home, { recursive: true, force: true });
});

const passwordNow = () => readFileSync(join(home, "password"), "utf8").trim();
const pidNow = () => Number(readFileSync(join(home, "pid"), "utf8"));
/** @returns what the agent that runs now had of the service so far */
const saidBy = (pid: number) => {
  const lines = existsSync(join(home, "marks")) ? readFileSync(join(home, "marks"), "utf8").split("\n") : [];
  return lines.filter((line) => line.startsWith(`${pid} `)).map((line) => line.split(" ")[1]);
};

function endAgent(): void {
  if (!existsSync(join(home, "pid"))) return;
  try {
    process.kill(pidNow(), "SIGKILL");
  } catch {
    // it has ended
  }
}

/** The agent reads the password when it starts, and asks the service for something every few milliseconds. */
function restartCommand(service: readonly string[]): string[] {
  const file = join(home, "restart");
  const agent = [process.execPath, PROGRAM, ...service, "work", join(home, "password"), join(home, "marks")];
  const words = agent.map((word) => `'${word}'`).join(" ");
  const pid = `'${join(home, "pid")}'`;
  writeFileSync(file, `#!/bin/sh\n[ -e ${pid} ] && kill -9 "$(cat ${pid})"\n${words} &\necho $! >${pid}\n`, {
    mode: 0o755,
  });
  return [file];
}

async function rotate(credential: Readonly<Record<string, unknown>>) {
  const given = { name: "service", refusedWithinSeconds: 0, ...credential };
  const { credentials } = effectorSettingsOf({ credentials: [given] });
  const effector = createRotateEffector({ credentials, readSecret: async () => "", fetchFrom: fetch });
  return effector.apply(effectorContextFor(home), { name: "service" });
}

async function startAgent(restart: readonly string[]): Promise<number> {
  const [file = ""] = restart;
  spawnSync(file, { stdio: "ignore" });
  await until("the agent works", () => saidBy(pidNow()).includes("ok"));
  return pidNow();
}

test("C-6: a user of a real Redis gets a new password from its provider; the agent works on and the old one is refused", async () => {
  const redis = await startRedis();
  try {
    await redis.ask("ACL", "SETUSER", "agent", "on", `>${OLD}`, "~*", "+@all");
    const service = ["redis", String(redis.port)];
    const program = (act: string) => [process.execPath, PROGRAM, ...service, act];
    const restart = restartCommand(service);
    const before = await startAgent(restart);
    const outcome = await rotate({
      provider: { create: program("create"), revoke: program("revoke") },
      stores: [{ kind: "file", path: join(home, "password") }],
      consumers: [restart],
      probe: { kind: "command", command: program("probe") },
    });
    expect(outcome).toMatchObject({ ok: true, output: { isProved: true, isRevoked: true, restarted: 1 } });
    expect(pidNow()).not.toBe(before);
    await until("the agent works with the new one", () => saidBy(pidNow()).includes("ok"));
    expect(saidBy(pidNow())).not.toContain("refused");
    expect(await redis.ask("AUTH", "agent", passwordNow())).toBe("OK");
    await expect(redis.ask("AUTH", "agent", OLD)).rejects.toThrow("WRONGPASS");
  } finally {
    await redis.close();
  }
}, 30_000);

test("C-6: a role of a real PostgreSQL gets a new password; the agent works on and the old one is refused", async () => {
  const database = await createTestDatabase();
  const admin = new Client({ connectionString: database.databaseUrl });
  await admin.connect();
  const role = `agent_${process.pid}`;
  try {
    await admin.query(`create role ${role} login password '${OLD}'`);
    const url = new URL(database.databaseUrl);
    url.username = role;
    url.password = "";
    const service = ["postgres", url.href];
    const program = (act: string, at = service) => [process.execPath, PROGRAM, ...at, act];
    const restart = restartCommand(service);
    const before = await startAgent(restart);
    // the administrator's address holds a password, so it stands in a file
    writeFileSync(join(home, "admin"), database.databaseUrl, { mode: 0o600 });
    const outcome = await rotate({
      generate: {},
      stores: [
        { kind: "file", path: join(home, "password") },
        { kind: "command", write: [...program("alter"), join(home, "admin")] },
      ],
      consumers: [restart],
      probe: { kind: "command", command: program("probe") },
    });
    expect(outcome).toMatchObject({ ok: true, output: { isProved: true, restarted: 1 } });
    expect(pidNow()).not.toBe(before);
    await until("the agent works with the new one", () => saidBy(pidNow()).includes("ok"));
    expect(saidBy(pidNow())).not.toContain("refused");
    const login = async (password: string) => {
      url.password = password;
      const client = new Client({ connectionString: url.href });
      await client.connect();
      await client.end();
    };
    await login(passwordNow());
    await expect(login(OLD)).rejects.toThrow("password authentication failed");
  } finally {
    endAgent();
    await admin.query(`drop role if exists ${role}`);
    await admin.end();
    await database.close();
  }
}, 30_000);
