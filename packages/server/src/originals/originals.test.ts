import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Actor, Role } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createManualClock, createNewId, DEFAULT_REDACTION, silentLogger } from "../kernel/index.ts";
import type { RedactionPolicy } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createIntake, parseEventBatch, readNewestBodies, readStoredEvent } from "../telemetry/index.ts";
import type { ManyReveals } from "./index.ts";
import {
  continueRotation,
  dropErasedCiphertext,
  eraseOriginals,
  listErasures,
  openOriginals,
  previewErasure,
  revealOriginals,
  rotateKey,
  showOriginals,
} from "./index.ts";

const clock = createManualClock(Date.parse("2026-03-02T12:00:00Z"));
const newId = createNewId(() => clock.now());
const policy: RedactionPolicy = { ...DEFAULT_REDACTION, reversible: "pii" };
const ada: Actor = { kind: "person", id: "usr_ada", name: "ada" };
const token = `ghp_${"aB3dE6gH9jK2mN5pQ8sT".repeat(2)}`;
let test: TestDatabase;
let home: string;

beforeAll(async () => {
  test = await createTestDatabase();
  home = mkdtempSync(path.join(tmpdir(), "firebreak-originals-"));
});
afterAll(async () => {
  await test.close();
  rmSync(home, { recursive: true, force: true });
});

interface ServerOptions {
  readonly at?: string;
  readonly changes?: Partial<RedactionPolicy>;
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Everything from the intake to reveals, as one server of a home has it. */
async function openServer({ at = home, changes = {}, secrets = {} }: ServerOptions = {}) {
  const { database } = test;
  const shared = { database, clock, newId, logger: silentLogger };
  const readSecret = async (name: string) => secrets[name];
  const originals = await openOriginals({ ...shared, home: at, policy: { ...policy, ...changes }, readSecret });
  const redactor = createRedactor(originals.policy);
  const intake = createIntake({ ...shared, redactor, sealOriginals: originals.seal, onStored: () => {} });
  const send = async (
    id: string,
    data: Record<string, unknown>,
    agent = "scout",
    time = "2026-03-02T11:00:00.000Z",
  ) => {
    const body = Buffer.from(JSON.stringify({ id, time, agent: { id: agent }, kind: "message", data }));
    await intake.accept(await parseEventBatch(body, "application/json", clock.now()), { name: "test" });
  };
  const many: ManyReveals[] = [];
  const onManyReveals = async (one: ManyReveals) => void many.push(one);
  const as = (actor: Actor, access: Role | "agent" = "admin") => ({
    ...shared,
    actor,
    access,
    originals,
    profile: { redaction: originals.policy },
    onManyReveals,
  });
  return { originals, send, many, as };
}

const because = { reason: "GDPR request 7" };

async function auditOf(action: string): Promise<Record<string, unknown>[]> {
  const rows = await test.database.kysely
    .selectFrom("audit_log")
    .select(["leaf"])
    .where("action", "=", action)
    .execute();
  return rows.map(({ leaf }) => JSON.parse(leaf) as Record<string, unknown>);
}

const storedEvents = async () => (await readNewestBodies(test, 100)).toReversed().map(readStoredEvent);

/** @returns every row of every table as text */
async function everything(): Promise<string> {
  const { rows: tables } = await test.database.pool.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await test.database.pool.query<{ text: string }>(`select t::text as text from ${name} t`);
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join("\n");
}

describe("E-8: originals are kept for those who may see them", () => {
  it("gives a person what was taken out, in order, and writes first who asked and why", async () => {
    const { send, as } = await openServer();
    const text = "write to ada@example.org or bob@example.org";
    await send("seen-1", { text, other: { dob: "1990-01-02" }, output: `key ${token}` });
    const seen = await revealOriginals(as(ada), "seen-1", because);
    expect(seen.values).toEqual([
      { category: "EMAIL", type: "email", path: "data.text", text: "ada@example.org" },
      { category: "EMAIL", type: "email", path: "data.text", text: "bob@example.org" },
      { category: "DOB", type: "named_dob", path: "data.other.dob", text: "1990-01-02" },
    ]);
    expect(await auditOf("original.reveal")).toMatchObject([
      {
        actor: ada,
        target: "seen-1",
        detail: { reason: "GDPR request 7", agent: "scout", categories: ["EMAIL", "DOB"], values: 3 },
      },
    ]);
    const one = await revealOriginals(as(ada), "seen-1", { ...because, path: "data.other.dob" });
    expect(one.values.map((value) => value.text)).toEqual(["1990-01-02"]);
  });

  it("neither the body nor any row holds a value, and the event says which were kept", async () => {
    const [event] = await storedEvents();
    expect(event).toMatchObject({
      data: { text: "write to [REDACTED: EMAIL] or [REDACTED: EMAIL]", output: "key [REDACTED: KEY]" },
      redacted: [{ category: "EMAIL", count: 2, kept: true }, { category: "DOB", kept: true }, { category: "KEY" }],
    });
    expect(event?.redacted?.[2]).not.toHaveProperty("kept");
    const all = await everything();
    for (const value of ["ada@example.org", "1990-01-02", token]) expect(all).not.toContain(value);
  });

  it("keeps secrets only where the policy says all", async () => {
    const { send, as } = await openServer({ changes: { reversible: "all" } });
    await send("secret-1", { output: `key ${token}` });
    const seen = await revealOriginals(as(ada), "secret-1", { ...because, category: "KEY" });
    expect(seen.values.map(({ text }) => text)).toEqual([token]);
    const { send: sendNone, as: asNone } = await openServer({ changes: { reversible: "none" } });
    await sendNone("none-1", { text: "ada@example.org" });
    await expect(revealOriginals(asNone(ada), "none-1", because)).rejects.toThrow(/was kept/);
  });

  it("an event without its originals is not there: they are one statement", async () => {
    const { send } = await openServer();
    await test.database.pool.query("alter table originals add constraint refuse check (event_id <> 'torn-1')");
    await expect(send("torn-1", { text: "ada@example.org" })).rejects.toThrow(/could not be stored/);
    await test.database.pool.query("alter table originals drop constraint refuse");
    expect((await storedEvents()).filter(({ id }) => id === "torn-1")).toEqual([]);
    await send("torn-1", { text: "ada@example.org" });
    await send("torn-1", { text: "ada@example.org" });
    const { rows } = await test.database.pool.query("select 1 from originals where event_id = 'torn-1'");
    expect(rows).toHaveLength(1);
  });

  it.each<[string, Actor, Role | "agent", RegExp]>([
    ["an agent's token", { kind: "agent", id: "scout", name: "scout" }, "agent", /Only a person/],
    ["an administrator's token", { kind: "token", id: "tok_1", name: "ci" }, "admin", /Only a person/],
    ["a person without the role", { kind: "person", id: "usr_eve", name: "eve" }, "commander", /needs the role admin/],
  ])("refuses %s and writes it down", async (_name, actor, access, why) => {
    const { as } = await openServer();
    await expect(revealOriginals(as(actor, access), "seen-1", because)).rejects.toThrow(why);
    expect((await auditOf("original.refuse")).at(-1)).toMatchObject({
      actor,
      target: "seen-1",
      detail: { refused: "forbidden" },
    });
    expect((await showOriginals(as(actor, access), "seen-1")).refusal).toMatch(why);
  });

  it("alerts when one person reveals much, and refuses what is too much, also at once", async () => {
    const reveal = { role: "admin", perHour: 3, alertPerHour: 2 } as const;
    const { as, many } = await openServer({ changes: { reveal } });
    const bob = as({ kind: "person", id: "usr_bob", name: "bob" });
    const tries = await Promise.allSettled(Array.from({ length: 6 }, () => revealOriginals(bob, "seen-1", because)));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    expect(many.filter(({ isRefused }) => isRefused)).toHaveLength(3);
    expect(many.filter(({ isRefused }) => !isRefused).map(({ count }) => count)).toEqual([2, 3]);
    clock.advance(3_600_001);
    expect((await revealOriginals(bob, "seen-1", because)).left).toBe(2);
  });
});

describe("E-8: keys", () => {
  it("lie in the home for its owner alone", () => {
    expect(statSync(path.join(home, "secrets", "originals-keys")).mode & 0o777).toBe(0o600);
  });

  it("of another home open nothing, and the message says which key is needed", async () => {
    const other = mkdtempSync(path.join(home, "other-"));
    const { as } = await openServer({ at: other });
    await expect(revealOriginals(as(ada), "seen-1", because)).rejects.toThrow(
      /encrypted with the key [\da-f]{16}, which is not in this home/,
    );
  });

  it("a ciphertext that was changed or moved to another event opens nothing", async () => {
    const { send, as } = await openServer();
    await send("moved-1", { text: "carl@example.org" });
    await send("moved-2", { text: "dora@example.org" });
    await test.database.pool.query(
      "update originals set sealed = (select sealed from originals where event_id = 'moved-1') where event_id = 'moved-2'",
    );
    await expect(revealOriginals(as(ada), "moved-2", because)).rejects.toThrow(/was changed in the database/);
    await test.database.pool.query(
      "update originals set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) where event_id = 'moved-1'",
    );
    await expect(revealOriginals(as(ada), "moved-1", because)).rejects.toThrow(/was changed in the database/);
    await test.database.pool.query("delete from originals where event_id = 'moved-1'");
    await expect(revealOriginals(as(ada), "moved-1", because)).rejects.toThrow(/somebody removed it/);
  });

  it("a data key that was changed opens nothing, and another takes its place", async () => {
    const { send, as } = await openServer();
    await send("key-1", { text: "erin@example.org" }, "tampered");
    await test.database.pool.query(
      "update original_keys set wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) where agent_id = 'tampered'",
    );
    await expect(revealOriginals(as(ada), "key-1", because)).rejects.toThrow(/key was changed/);
    const { send: sendLater } = await openServer();
    await sendLater("key-2", { text: "erin@example.org" }, "tampered");
    expect((await revealOriginals(as(ada), "key-2", because)).values).toHaveLength(1);
  });

  it("are renewed: what was kept opens with the new one, and the old one is forgotten", async () => {
    const { send, as, originals } = await openServer();
    const before = readFileSync(path.join(home, "secrets", "originals-keys"), "utf8");
    await send("rotated-1", { text: "finn@example.org" }, "rotor");
    const { rewrapped, retired } = await rotateKey(as(ada));
    expect(rewrapped).toBeGreaterThan(1);
    expect(retired).toHaveLength(1);
    const after = readFileSync(path.join(home, "secrets", "originals-keys"), "utf8");
    expect(after.trim().split("\n")).toHaveLength(1);
    expect(after).not.toBe(before);
    await send("rotated-2", { text: "gwen@example.org" }, "rotor");
    const texts = async (id: string) => (await revealOriginals(as(ada), id, because)).values.map(({ text }) => text);
    expect(await texts("rotated-1")).toEqual(["finn@example.org"]);
    expect(await texts("rotated-2")).toEqual(["gwen@example.org"]);
    // a crash after the new key was written and before the old one was needless
    originals.keys?.ring.renew();
    const next = await openServer();
    expect((await revealOriginals(next.as(ada), "rotated-1", because)).values).toHaveLength(1);
    await continueRotation(next.as(ada));
    expect(next.originals.keys?.ring.older()).toEqual([]);
    const last = await openServer();
    expect((await revealOriginals(last.as(ada), "rotated-1", because)).values).toHaveLength(1);
  });

  it("may come from a secret or a program; without one, events are redacted and nothing is kept", async () => {
    const [old, young] = [randomBytes(32).toString("base64"), randomBytes(32).toString("hex")];
    const key = { env: "ORIGINALS_KEY" };
    const first = await openServer({ changes: { key }, secrets: { ORIGINALS_KEY: old } });
    await first.send("env-1", { text: "hugo@example.org" }, "enver");
    const both = await openServer({ changes: { key }, secrets: { ORIGINALS_KEY: `${young},${old}` } });
    await rotateKey(both.as(ada));
    const file = path.join(home, "key-of-program");
    writeFileSync(file, young);
    const program = await openServer({ changes: { key: { command: ["/bin/cat", file] } } });
    expect((await revealOriginals(program.as(ada), "env-1", because)).values).toHaveLength(1);
    await expect(rotateKey(program.as(ada))).rejects.toThrow(/put a new one in front/);
    const none = await openServer({ changes: { key: { command: ["/bin/false"] } } });
    expect(none.originals.problem).toMatch(/The program that gives the key/);
    await none.send("env-2", { text: "ida@example.org" }, "enver");
    await expect(revealOriginals(none.as(ada), "env-2", because)).rejects.toThrow(/was kept/);
    const { problem } = (await openServer({ changes: { key }, secrets: { ORIGINALS_KEY: "c2hvcnQ=" } })).originals;
    expect(problem).toMatch(/no key of 32 bytes/);
    expect(problem).not.toContain("c2hvcnQ=");
  });
});

describe("E-8: crypto-erasure", () => {
  it("takes what the scope names and no more; afterwards a reveal says when, by whom and why", async () => {
    const { send, as } = await openServer();
    await send("erase-1", { text: "jane@example.org", dob: "1990-01-02" }, "eraser", "2026-02-27T10:00:00.000Z");
    await send("erase-2", { text: "kim@example.org" }, "eraser", "2026-02-28T10:00:00.000Z");
    await send("erase-3", { text: "lou@example.org" }, "bystander", "2026-02-27T10:00:00.000Z");
    const scope = { agent: "eraser", before: "2026-02-28", categories: ["EMAIL" as const], everything: false };
    const preview = await previewErasure(as(ada), scope);
    expect(preview).toMatchObject({
      keys: 1,
      originals: 1,
      agents: 1,
      categories: ["EMAIL"],
      firstDay: "2026-02-27",
      heldBy: [],
    });
    const held = { ...as(ada), findHolds: async () => ["case 12 holds the agent eraser"] };
    await expect(eraseOriginals(held, { ...scope, ...because })).rejects.toThrow(/case 12/);
    const erasure = await eraseOriginals(as(ada), { ...scope, ...because });
    expect(erasure).toMatchObject({ keys: 1, by: ada, reason: because.reason });
    await expect(revealOriginals(as(ada), "erase-1", { ...because, category: "EMAIL" })).rejects.toThrow(
      /It was erased on 2026-03-02T\S+ by ada: GDPR request 7/,
    );
    const rest = await revealOriginals(as(ada), "erase-1", because);
    expect(rest.values.map(({ category }) => category)).toEqual(["DOB"]);
    expect(rest.unreadable).toMatchObject([{ category: "EMAIL" }]);
    for (const id of ["erase-2", "erase-3"])
      expect((await revealOriginals(as(ada), id, because)).values).toHaveLength(1);
    expect(await auditOf("original.erase")).toMatchObject([
      { target: erasure.id, detail: { keys: 1, scope: { agent: "eraser" } } },
    ]);
    expect((await listErasures(test, {})).items).toEqual([erasure]);
    // the ciphertext goes too, and the answer stays
    expect(await dropErasedCiphertext(test)).toBe(1);
    expect((await showOriginals(as(ada), "erase-1")).items).toContainEqual({
      category: "EMAIL",
      state: "erased",
      erasure,
    });
    await expect(eraseOriginals(as(ada), { ...scope, ...because })).rejects.toThrow(/nothing to erase/);
  });

  it("what comes afterwards gets a key of its own", async () => {
    const { send, as } = await openServer();
    await send("again-1", { text: "mia@example.org" }, "again");
    await eraseOriginals(as(ada), { agent: "again", everything: false, ...because });
    await send("again-2", { text: "noa@example.org" }, "again");
    expect((await revealOriginals(as(ada), "again-2", because)).values).toHaveLength(1);
    await expect(revealOriginals(as(ada), "again-1", because)).rejects.toThrow(/was erased/);
  });

  it.each([{}, { everything: true, agent: "scout" }])(
    "refuses a scope that does not say what it takes: %o",
    async (scope) => {
      const { as } = await openServer();
      await expect(eraseOriginals(as(ada), { everything: false, ...scope, ...because })).rejects.toThrow(
        /everything, and nothing else/,
      );
    },
  );
});
