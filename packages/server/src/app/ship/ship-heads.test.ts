import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { findCheckpoints, readCheckpoint } from "@firebreak/verifier";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { S3Server, S3_CREDENTIALS } from "../../../../../test/harness/s3-server.ts";
import { startSmtpSink } from "../../../../../test/fakes/smtp-sink.ts";
import { checkLog } from "../../audit/index.ts";
import { createTestLog } from "../../audit/testing.ts";
import type { TestLog } from "../../audit/testing.ts";
import { readKeptHeads } from "../../cli/commands/audit-kept-heads.ts";
import { systemClock, toIso } from "../../kernel/index.ts";
import type { ShipmentSetting } from "../../kernel/index.ts";
import { describePlace, remedyFor } from "./describe-place.ts";
import { isDue, retryAfterMs, shipHeads, viewShipments } from "./ship-heads.ts";
import { sendThroughChannel } from "./through-channel.ts";

let log: TestLog;
let directory: string;
const secrets = new Map<string, string>();
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  log = await createTestLog();
  directory = mkdtempSync(path.join(tmpdir(), "firebreak-ship-"));
  await log.act(4);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await log.close();
  rmSync(directory, { recursive: true });
});

const COMMON = { everyMinutes: 60, lateHours: 24 };
const HOUR_MS = 60 * 60_000;
const fileOf = (more: Partial<ShipmentSetting> = {}): ShipmentSetting =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the members that differ are those of every kind
  ({ ...COMMON, name: "disk", kind: "file", path: path.join(directory, "heads"), ...more }) as ShipmentSetting;

function contextOf(places: readonly ShipmentSetting[]) {
  const readSecret = async (name: string) => secrets.get(name);
  return { ...log, readSecret, places, sendMail: async () => {} };
}

const ship = (places: readonly ShipmentSetting[], isNow = false) => shipHeads(contextOf(places), isNow);
const view = async (places: readonly ShipmentSetting[]) => (await viewShipments(contextOf(places)))[0];
const sizesIn = (text: string) => findCheckpoints(text).map((note) => readCheckpoint(note)?.size);
const at = (name: string) => path.resolve(directory, name);

/** A place that takes posts and gives back what it took. */
async function startPlace(answer: (body: string) => number) {
  const taken: { body: string; headers: NodeJS.Dict<string | string[]> }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      if (request.method === "GET") return response.end(taken.map((one) => `${one.body}\n`).join(""));
      const status = answer(body);
      if (status === 200) taken.push({ body, headers: request.headers });
      response.writeHead(status);
      return response.end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closing.push(() => server.close());
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a server that listens on TCP has such an address
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/heads`, taken };
}

function git(...args: readonly string[]): string {
  const run = spawnSync("git", ["-C", directory, ...args], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

describe("E-4: checkpoints are shipped", () => {
  it("to a file that only grows, on a schedule and when there is much of it", async () => {
    const place = fileOf({ everyEntries: 100 });
    const file = path.join(directory, "heads");
    await ship([place]);
    await log.act(3);
    await ship([place]);
    expect(sizesIn(readFileSync(file, "utf8"))).toEqual([4]);
    await log.act(100);
    await ship([place]);
    await log.act(1);
    log.clock.advance(HOUR_MS);
    await ship([place]);
    await ship([place]);
    expect(sizesIn(readFileSync(file, "utf8"))).toEqual([4, 107, 108]);
    await log.act(1);
    await ship([place], true);
    expect(sizesIn(await readKeptHeads("heads", at))).toEqual([4, 107, 108, 109]);
    expect(await view([place])).toMatchObject({ size: 109, problem: null, isLate: false });
  });

  it("to an address, signed, and again later when it fails", async () => {
    const answers = [500, 302, 200];
    const place = await startPlace(() => answers.shift() ?? 200);
    secrets.set("SHIP_SECRET", "a secret");
    const setting: ShipmentSetting = { ...COMMON, name: "web", kind: "http", url: place.url, secretEnv: "SHIP_SECRET" };
    await ship([setting]);
    expect(await view([setting])).toMatchObject({ size: 0, problem: expect.stringContaining("answered 500") });
    await ship([setting]);
    expect(answers).toHaveLength(2);
    const failingSince = toIso(log.clock.now());
    log.clock.advance(31_000);
    await ship([setting]);
    const nextTryAt = toIso(log.clock.now() + 60_000);
    const remedy = expect.stringContaining("that SHIP_SECRET is set");
    expect(await view([setting])).toMatchObject({ place: place.url, failingSince, nextTryAt, remedy });
    log.clock.advance(61_000);
    await ship([setting]);
    expect(await view([setting])).toMatchObject({ size: 4, problem: null, failingSince: null, remedy: null });
    const [sent] = place.taken;
    const timestamp = String(sent?.headers["x-firebreak-timestamp"]);
    const signature = createHmac("sha256", "a secret").update(`${timestamp}.${sent?.body}`).digest("hex");
    expect(sent?.headers["x-firebreak-signature"]).toBe(`sha256=${signature}`);
    expect(sizesIn(await readKeptHeads(place.url, at))).toEqual([4]);
    secrets.delete("SHIP_SECRET");
    await log.act(1);
    await ship([setting], true);
    expect(await view([setting])).toMatchObject({ size: 4, problem: "the secret SHIP_SECRET is nowhere" });
  });

  it("to a branch of a Git repository whose hooks do not run, and from there to a remote", async () => {
    git("init", "--quiet", "--initial-branch=main", "repo");
    git("init", "--quiet", "--bare", "remote.git");
    git("-C", "repo", "remote", "add", "backup", path.join(directory, "remote.git"));
    for (const hook of ["pre-push", "reference-transaction", "post-commit"]) {
      const file = path.join(directory, "repo", ".git", "hooks", hook);
      writeFileSync(file, `#!/bin/sh\ntouch ${directory}/hooked\nexit 1\n`, { mode: 0o755 });
    }
    writeFileSync(path.join(directory, "repo", "work"), "of somebody");
    const repository = path.join(directory, "repo");
    const place: ShipmentSetting = {
      ...COMMON,
      name: "git",
      kind: "git",
      repository,
      branch: "audit-log",
      pushTo: "backup",
    };
    await ship([place]);
    await log.act(5);
    await ship([place], true);
    expect(await view([place])).toMatchObject({ size: 9, problem: null });
    expect(git("-C", "remote.git", "log", "--format=%an %s", "audit-log")).toBe(
      "Firebreak Checkpoint of 9 entries\nFirebreak Checkpoint of 4 entries\n",
    );
    expect(git("-C", "repo", "status", "--short")).toBe("?? work\n");
    expect(() => readFileSync(path.join(directory, "hooked"))).toThrow("ENOENT");
    expect(
      sizesIn(await readKeptHeads("git:remote.git", at)).toSorted((left, right) => Number(left) - Number(right)),
    ).toEqual([4, 9]);
    await expect(readKeptHeads("git:repo#--output=x", at)).rejects.toThrow("no name of a branch");
    await expect(readKeptHeads("git:nowhere", at)).rejects.toThrow("No checkpoints can be read");
  });

  it("to an S3-compatible store, each under a key and a lock of its own", async () => {
    const server = new S3Server();
    const url = await server.start("heads");
    closing.push(() => server.close());
    secrets.set("S3_KEY", S3_CREDENTIALS.accessKeyId).set("S3_SECRET", S3_CREDENTIALS.secretAccessKey);
    const keys = { accessKeyEnv: "S3_KEY", secretKeyEnv: "S3_SECRET", lockDays: 30 };
    const place: ShipmentSetting = { ...COMMON, name: "s3", kind: "s3", place: url, ...keys };
    // the store looks at the time of a request
    const context = { ...contextOf([place]), clock: systemClock };
    await shipHeads(context);
    expect(await view([place])).toMatchObject({ size: 4, problem: null });
    // a repeat after a crash that came before it was noted
    await log.database.kysely.updateTable("log_shipments").set({ size: "0" }).execute();
    await shipHeads(context, true);
    expect(await view([place])).toMatchObject({ size: 4, problem: null });
  });

  it("by mail through a channel of the profile", async () => {
    const sink = await startSmtpSink();
    closing.push(() => sink.close());
    const channels = [
      {
        name: "auditor",
        kind: "email" as const,
        smtpUrl: sink.url,
        from: "fb@example.org",
        to: ["auditor@example.org"],
      },
    ];
    const place: ShipmentSetting = { ...COMMON, name: "mail", kind: "email", channel: "auditor" };
    const mailing = { profile: { channels }, readSecret: async () => undefined, clock: log.clock };
    const sendMail = (channel: string, mail: { subject: string; text: string; id: string }) =>
      sendThroughChannel(mailing, channel, mail);
    const [mail] = await Promise.all([
      sink.expect({ subject: /4 entries/ }),
      shipHeads({ ...contextOf([place]), sendMail }),
    ]);
    expect(sizesIn(mail.text)).toEqual([4]);
    const unknown: ShipmentSetting = { ...place, name: "other", channel: "gone" };
    await shipHeads({ ...contextOf([unknown]), sendMail });
    expect(await view([unknown])).toMatchObject({ problem: expect.stringContaining("no email channel gone") });
  });
});

describe("E-4: what is behind", () => {
  it("is late after its hours, and holds up neither the log nor other places", async () => {
    symlinkSync("/dev/null", path.join(directory, "link"));
    const broken = fileOf({ name: "broken", path: path.join(directory, "link"), lateHours: 1 });
    const sound = fileOf();
    await ship([broken, sound]);
    expect(await view([broken])).toMatchObject({ size: 0, isLate: false, problem: expect.stringContaining("ELOOP") });
    expect(await view([sound])).toMatchObject({ size: 4 });
    log.clock.advance(2 * HOUR_MS);
    await log.act(1);
    expect(await view([broken])).toMatchObject({ isLate: true });
    expect(await view([sound])).toMatchObject({ isLate: false });
    rmSync(path.join(directory, "link"));
    await ship([broken]);
    expect(await view([broken])).toMatchObject({ size: 5, isLate: false, problem: null });
  });

  it("is told in words for every kind of place, without a secret", () => {
    const keys = { accessKeyEnv: "S3_KEY", secretKeyEnv: "S3_SECRET" };
    const places: ShipmentSetting[] = [
      fileOf({ name: "disk" }),
      { ...COMMON, name: "web", kind: "http", urlEnv: "SHIP_URL", secretEnv: "SHIP_SECRET" },
      { ...COMMON, name: "mail", kind: "email", channel: "auditor" },
      { ...COMMON, name: "git", kind: "git", repository: "/srv/heads", branch: "audit-log", pushTo: "backup" },
      { ...COMMON, name: "s3", kind: "s3", place: "s3://heads/firebreak", ...keys, lockDays: 30 },
    ];
    expect(places.map(describePlace)).toEqual([
      path.join(directory, "heads"),
      "the address in SHIP_URL",
      "channel auditor",
      "/srv/heads, branch audit-log, pushed to backup",
      "s3://heads/firebreak",
    ]);
    expect(places.map(remedyFor)).toEqual([
      expect.stringContaining("the disk is mounted"),
      expect.stringContaining("SHIP_URL and SHIP_SECRET are set"),
      expect.stringContaining("e-mail channel auditor"),
      expect.stringContaining("`git -C /srv/heads push backup audit-log`"),
      expect.stringContaining("S3_KEY and S3_SECRET are set, and that this key may write and lock"),
    ]);
  });

  it("is sent by one of several nodes", async () => {
    const place = fileOf();
    await Promise.all([ship([place]), ship([place]), ship([place])]);
    expect(sizesIn(readFileSync(path.join(directory, "heads"), "utf8"))).toEqual([4]);
  });

  it("is decided from the numbers alone", () => {
    const row = {
      size: "10",
      shipped_at: new Date(0),
      behind_since: null,
      tries: 0,
      next_try_at: new Date(0),
      problem: null,
      failing_since: null,
    };
    expect(isDue(fileOf(), row, 10, 10 * HOUR_MS)).toBe(false);
    expect(isDue(fileOf(), row, 11, HOUR_MS - 1)).toBe(false);
    expect(isDue(fileOf(), row, 11, HOUR_MS)).toBe(true);
    expect(isDue(fileOf({ everyEntries: 2 }), row, 11, 1)).toBe(false);
    expect(isDue(fileOf({ everyEntries: 2 }), row, 12, 1)).toBe(true);
    expect(isDue(fileOf(), { ...row, tries: 1, next_try_at: new Date(5) }, 11, 4)).toBe(false);
    expect(isDue(fileOf(), { ...row, tries: 1, next_try_at: new Date(5) }, 11, 5)).toBe(true);
    expect([1, 2, 3, 30].map(retryAfterMs)).toEqual([30_000, 60_000, 120_000, HOUR_MS]);
  });
});

it("E-4: a log that was replaced as a whole, with everything in the home, is found by what was shipped", async () => {
  const place = fileOf();
  await ship([place]);
  const kept = findCheckpoints(await readKeptHeads("heads", at));
  expect(await checkLog({ ...log, trusted: kept })).toMatchObject({ intact: true });
  await sql`truncate log_tiles, log_heads, log_state`.execute(log.database.kysely);
  await log.database.kysely
    .updateTable("audit_log")
    .set({ leaf_index: null, leaf: "{}" })
    .where("seq", "=", "2")
    .execute();
  await log.database.kysely.updateTable("audit_log").set({ leaf_index: null }).execute();
  await log.act(2);
  expect(await checkLog({ ...log, trusted: [] })).toMatchObject({ origin: expect.stringContaining("firebreak/") });
  const { findings } = await checkLog({ ...log, trusted: kept });
  expect(findings.map(({ code }) => code)).toContain("other_log");
});
