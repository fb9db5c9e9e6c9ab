import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundleEntry } from "../../../../../test/agents/bundle-entry.ts";
import type { EffectorOutcome } from "../effector.ts";
import { effectorContextFor, effectorSettingsOf } from "../effectors/testing.ts";
import { readVariable } from "./env-file-store.ts";
import { createRotateEffector } from "./rotate-effector.ts";

const OLD = "old-secret-value-0123456789";
let home = "";
let servers: Server[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-rotate-"));
  mkdirSync(join(home, "app"));
  writeFileSync(join(home, "app/key"), `${OLD}\n`, { mode: 0o640 });
  writeFileSync(join(home, "app/.env"), `# mine\nexport API_KEY="${OLD}" # from the vendor\nOTHER=1\n`, {
    mode: 0o600,
  });
});
afterEach(async () => {
  for (const one of servers.splice(0)) {
    one.close();
    await once(one, "close");
  }
  rmSync(home, { recursive: true, force: true });
});

/** The service that the key is for: it accepts what is in the list, and lists what it was shown. */
async function startService(accepted: Set<string>): Promise<{ url: string; shown: string[] }> {
  const shown: string[] = [];
  const server = createServer((request, response) => {
    const value = (request.headers.authorization ?? "").replace("Bearer ", "");
    shown.push(value);
    response.writeHead(accepted.has(value) ? 200 : 401).end();
  });
  return { url: await listen(server), shown };
}

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
}

/** A program that keeps what it was called with, and what anybody could see of it in the list of processes. */
function program(name: string, body: string): string[] {
  const file = join(home, name);
  const seen = `tr '\\0' ' ' < /proc/$$/cmdline >> '${home}/seen'; tr '\\0' ' ' < /proc/$$/environ >> '${home}/seen'`;
  writeFileSync(file, `#!/bin/sh\n${seen}\nIN=$(cat)\n${body}\n`, { mode: 0o755 });
  return [file];
}

const files = () => [
  { kind: "file", path: join(home, "app/key") },
  { kind: "env", path: join(home, "app/.env"), variable: "API_KEY" },
];
const readKey = () => readFileSync(join(home, "app/key"), "utf8").trim();
const valueInEnv = () => readVariable(readFileSync(join(home, "app/.env"), "utf8"), "API_KEY");

function effectorFor(credential: Readonly<Record<string, unknown>>) {
  const given = { name: "vendor", generate: {}, stores: files(), refusedWithinSeconds: 0, ...credential };
  const { credentials } = effectorSettingsOf({ credentials: [given] });
  return createRotateEffector({ credentials, readSecret: async () => "vault-token", fetchFrom: fetch });
}
const rotate = (credential: Readonly<Record<string, unknown>>, runId = "run_1"): Promise<EffectorOutcome> =>
  effectorFor(credential).apply(effectorContextFor(home, { runId }), { name: "vendor" });

/** Everything that Firebreak keeps or tells, but the stores themselves and the two values while they are needed. */
function everythingKept(outcome: unknown): string {
  const kept = existsSync(join(home, "rotations")) ? readdirSync(join(home, "rotations")) : [];
  const texts = kept.map((name) => readFileSync(join(home, "rotations", name), "utf8"));
  const seen = existsSync(join(home, "seen")) ? readFileSync(join(home, "seen"), "utf8") : "";
  return [JSON.stringify(outcome), ...texts, seen].join("\n");
}

describe("C-6: credential.rotate", () => {
  test("writes a new value to every store, restarts consumers, and proves the old one refused; no value shows", async () => {
    const accepted = new Set([OLD]);
    const { url, shown } = await startService(accepted);
    const revoke = program("revoke", `printf '%s' "$IN" > '${home}/revoked'`);
    const consumer = program("restart", `echo restarted >> '${home}/restarts'`);
    const keep = program("keep", `printf '%s' "$IN" > '${home}/kept'`);
    writeFileSync(join(home, "kept"), OLD);
    const outcome = await rotate({
      stores: [...files(), { kind: "command", write: keep, read: ["cat", join(home, "kept")] }],
      provider: { revoke },
      consumers: [consumer],
      probe: { kind: "http", url },
    });
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining("refuses the new value") });
    accepted.add(readKey());
    accepted.delete(OLD);
    const proved = await rotate({
      stores: [...files(), { kind: "command", write: keep, read: ["cat", join(home, "kept")] }],
      provider: { revoke },
      consumers: [consumer],
      probe: { kind: "http", url },
    });
    expect(proved).toMatchObject({ ok: true, output: { isProved: true, isRevoked: true, restarted: 1 } });
    const value = readKey();
    expect(value).toMatch(/^[A-Za-z0-9]{48}$/);
    expect(valueInEnv()).toBe(value);
    expect(readFileSync(join(home, "kept"), "utf8")).toBe(value);
    expect(readFileSync(join(home, "app/.env"), "utf8")).toBe(
      `# mine\nexport API_KEY="${value}" # from the vendor\nOTHER=1\n`,
    );
    expect([statSync(join(home, "app/key")).mode & 0o777, statSync(join(home, "app/.env")).mode & 0o777]).toEqual([
      0o640, 0o600,
    ]);
    expect(JSON.parse(readFileSync(join(home, "revoked"), "utf8"))).toMatchObject({ act: "revoke", value: OLD });
    expect(readFileSync(join(home, "restarts"), "utf8")).toBe("restarted\n");
    expect(new Set(shown)).toEqual(new Set([value, OLD]));
    const kept = everythingKept([outcome, proved]);
    expect(kept).not.toContain(value);
    expect(kept).not.toContain(OLD);
    expect(readdirSync(join(home, "secrets"))).toEqual(["rotation-key"]);
    expect(readdirSync(join(home, "app")).toSorted(), "no temporary files").toEqual([".env", "key"]);
  });

  test("what a consumer's restart leaves running goes on", async () => {
    const consumer = program("restart", `sleep 600 & echo $! > '${home}/pid'`);
    const outcome = await rotate({ consumers: [consumer], commandTimeoutSeconds: 5 });
    const pid = Number(readFileSync(join(home, "pid"), "utf8"));
    expect(outcome).toMatchObject({ reason: "unverified", output: { restarted: 1 } });
    expect(readFileSync(`/proc/${pid}/comm`, "utf8")).toBe("sleep\n");
    process.kill(pid, "SIGKILL");
    const failing = await rotate({ consumers: [["/bin/false"]] }, "run_2");
    expect(failing).toMatchObject({
      ok: false,
      reason: "failed",
      message: expect.stringContaining("/bin/false ended with 1"),
    });
    expect(failing.message).toContain("the old value is not revoked");
  });

  test("the same step again is the same rotation; another one makes another value", async () => {
    const probe = { kind: "command", command: program("probe", `case "$IN" in ${OLD}) exit 1;; esac; exit 0`) };
    const first = await rotate({ probe });
    const value = readKey();
    expect(first).toMatchObject({ ok: true });
    expect(await rotate({ probe })).toEqual(first);
    expect(readKey()).toBe(value);
    await rotate({ probe }, "run_2");
    expect(readKey()).not.toBe(value);
  });

  test("without a probe, or while the service accepts the old value, it is unverified and says so", async () => {
    expect(await rotate({})).toMatchObject({
      ok: false,
      reason: "unverified",
      message: expect.stringContaining("no probe"),
    });
    let verdict = "0";
    const probe = () => ({ kind: "command", command: program("probe", `exit ${verdict}`) });
    const accepted = await rotate({ probe: probe() }, "run_2");
    expect(accepted).toMatchObject({
      ok: false,
      reason: "unverified",
      message: expect.stringContaining("still accepts"),
    });
    const value = readKey();
    verdict = `$([ "$IN" = '${value}' ] && echo 0 || echo 1)`;
    expect(await rotate({ probe: probe() }, "run_3"), "asked once more, with the same values").toMatchObject({
      ok: true,
    });
    expect(readKey()).toBe(value);
    verdict = "7";
    expect(await rotate({ probe: probe() }, "run_4")).toMatchObject({ ok: false, reason: "unverified" });
  });

  test("a store that fails stops it before anything is revoked; it says which store has what, and goes on from there", async () => {
    const revoke = program("revoke", `echo called > '${home}/revoked'`);
    const create = program(
      "create",
      `n=$(cat '${home}/n' 2>/dev/null); echo x$n > '${home}/n'; printf '{"value":"made-by-provider-%s"}' "$n"`,
    );
    const broken = { kind: "command", write: ["/bin/false"] };
    const settings = { generate: undefined, provider: { create, revoke }, stores: [...files(), broken] };
    const outcome = await rotate(settings);
    expect(outcome).toMatchObject({ ok: false, reason: "failed" });
    expect(outcome.message).toContain(`the new value is in file ${home}/app/key, API_KEY in ${home}/app/.env`);
    expect(outcome.message).toContain("the old one is in command /bin/false");
    expect(existsSync(join(home, "revoked"))).toBe(false);
    const value = readKey();
    const verified = await effectorFor(settings).verify(effectorContextFor(home), { name: "vendor" }, {});
    expect(verified.message).toContain(`file ${home}/app/key: the new value`);
    const probe = { kind: "command", command: program("probe", `case "$IN" in ${OLD}) exit 1;; esac; exit 0`) };
    const mended = { ...settings, probe, stores: [...files(), { kind: "command", write: ["/bin/cat"] }] };
    expect(await rotate(mended, "run_2")).toMatchObject({ ok: true });
    expect(readKey(), "the provider was asked once").toBe(value);
    expect(existsSync(join(home, "revoked"))).toBe(true);
    expect(everythingKept(outcome)).not.toContain("made-by-provider");
  });

  test("killed in the middle, it goes on with the same value in another process", async () => {
    const killer = program("kill", 'kill -9 "$PPID"');
    const store = (write: string[]) => ({ kind: "command", write });
    const file = join(home, "settings.json");
    const settings = (last: unknown) =>
      writeFileSync(
        file,
        JSON.stringify({ credentials: [{ name: "vendor", generate: {}, stores: [...files(), last] }] }),
      );
    const entry = bundleEntry(
      join(import.meta.dirname, "../../../../../test/agents/effector-process.ts"),
      join(home, "p.mjs"),
    );
    const run = async (runId: string) => {
      const given = {
        verb: "apply",
        home,
        effector: "credential.rotate",
        parameters: { name: "vendor" },
        runId,
        stepId: "s",
      };
      const argument = JSON.stringify({ ...given, settings: JSON.parse(readFileSync(file, "utf8")) });
      const child = spawn(process.execPath, [entry, argument], { stdio: ["ignore", "pipe", "inherit"] });
      await Promise.all([once(child, "exit"), readAll(child.stdout)]);
      return child.signalCode;
    };
    settings(store(killer));
    expect(await run("run_1")).toBe("SIGKILL");
    const value = readKey();
    expect(value).not.toBe(OLD);
    expect(valueInEnv()).toBe(value);
    expect(statSync(join(home, "secrets/rotation-vendor")).mode & 0o777).toBe(0o600);
    settings(store(["/bin/cat"]));
    await run("run_2");
    expect(readKey()).toBe(value);
    expect(existsSync(join(home, "secrets/rotation-vendor"))).toBe(false);
  });

  test("undo says that the old value cannot come back, or has the provider bring it back, twice as once", async () => {
    const ctx = effectorContextFor(home);
    await rotate({});
    expect(await effectorFor({}).undo(ctx, { name: "vendor" }, {})).toMatchObject({ ok: false, reason: "unavailable" });
    expect(readKey()).not.toBe(OLD);
    const restore = program("restore", `printf '{"value":"${OLD}"}'`);
    const effector = effectorFor({ provider: { restore } });
    for (let i = 0; i < 2; i++) expect(await effector.undo(ctx, { name: "vendor" }, {})).toMatchObject({ ok: true });
    expect([readKey(), valueInEnv()]).toEqual([OLD, OLD]);
  });

  test("preview names every place and no value; a name that the profile does not know is refused", async () => {
    const effector = effectorFor({ consumers: [["systemctl", "restart", "agent"]] });
    const { changes } = await effector.preview(effectorContextFor(home), { name: "vendor" });
    expect(changes).toEqual([
      "makes a new value of 48 characters",
      `writes it to file ${home}/app/key`,
      `writes it to API_KEY in ${home}/app/.env`,
      "restarts a consumer: systemctl restart agent",
      "cannot prove the old value refused: there is no probe",
    ]);
    expect(await effector.apply(effectorContextFor(home), { name: "other" })).toMatchObject({
      ok: false,
      reason: "not_found",
    });
    expect(readKey()).toBe(OLD);
  });

  test("a credential needs exactly one source of its value, and secrets go to no plain address", () => {
    const parse = (more: object) => effectorSettingsOf({ credentials: [{ name: "a", stores: files(), ...more }] });
    expect(() => parse({})).toThrow("where the new value comes from");
    expect(() => parse({ generate: {}, probe: { kind: "http", url: "http://example.org" } })).toThrow("use https");
    expect(() => parse({ generate: {}, probe: { kind: "http", url: "https://u:p@example.org" } })).toThrow("use https");
  });

  test("a link in the place of a file is refused, and what it leads to is untouched", async () => {
    writeFileSync(join(home, "precious"), "precious");
    rmSync(join(home, "app/key"));
    symlinkSync(join(home, "precious"), join(home, "app/key"));
    const outcome = await rotate({});
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining("is a link") });
    expect(readFileSync(join(home, "precious"), "utf8")).toBe("precious");
  });
});
