import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  approvalView,
  incidentDetail,
  killswitchView,
  pageOf,
  receiptSummary,
  resumeReceipt,
  signedReceipt,
  stopReceipt,
} from "@firebreak/protocol";
import type { Role } from "@firebreak/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import type { Caller } from "../access/index.ts";
import { listAudit } from "../audit/index.ts";
import { openHouse, takeInReceipts } from "../app/index.ts";
import type { OpenHouse } from "../app/index.ts";
import { createNewId, readConfig, silentLogger, systemClock } from "../kernel/index.ts";
import { openKillswitch, signReceipt, verifyReceipt } from "../killswitch/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { createApiServices } from "./house-services/index.ts";
import { startTestServer } from "./testing.ts";
import type { TestServer } from "./testing.ts";

const repository = path.resolve(import.meta.dirname, "../../../..");
const home = mkdtempSync(path.join(tmpdir(), "firebreak-switch-"));
const newId = createNewId(() => systemClock.now());
let database: TestDatabase;
let house: OpenHouse;
let server: TestServer;

const person = (name: string, access: Role): Caller => ({
  actor: { kind: "person", id: `usr_${name}`, name },
  access,
  agentId: null,
  sessionId: null,
  webSessionId: `web_${name}`,
});
const token = (access: Role | "agent"): Caller => ({
  ...person("x", "viewer"),
  actor: { kind: access === "agent" ? "agent" : "token", id: `tok_${access}`, name: access },
  access,
});
const CALLERS: Readonly<Record<string, Caller>> = {
  ada: person("ada", "commander"),
  bob: person("bob", "commander"),
  rita: person("rita", "responder"),
  token: token("admin"),
  agent: token("agent"),
};

const POLICY = `
apiVersion: agentos.io/v1
kind: Policy
metadata: { name: killswitch, version: "1.0.0" }
spec:
  global: { authorized_roles: [incident_commander, cto], require_confirmation: true }
  pack_level: { authorized_roles: [team_lead], critical_packs: [finance], critical_pack_confirmation: true }
  on_deactivation: { checklist: [the key was rotated] }
`;

beforeAll(async () => {
  writeFileSync(path.join(home, "killswitch.policy.yaml"), POLICY);
  database = await createTestDatabase();
  house = await openHouse({
    config: readConfig({ FIREBREAK_HOME: home, DATABASE_URL: database.databaseUrl }),
    environment: {},
    version: "0.0.0",
    dataDir: repository,
    clock: systemClock,
    newId,
    logger: silentLogger,
  });
  for (const name of ["ada", "bob"]) await insertUser(name);
  const authenticate = async ({ bearer }: { bearer?: string | undefined }) => CALLERS[bearer ?? ""] ?? null;
  server = await startTestServer({ services: createApiServices(house), authenticate });
});
afterEach(async () => {
  const actor = { kind: "cli", id: "test", name: "test" } as const;
  for (const hold of house.killswitch.current().holds)
    await house.killswitch.release(hold.id, { actor, reason: "end" });
});
afterAll(async () => {
  await server.close();
  await house.close();
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

async function insertUser(name: string): Promise<void> {
  const row = { id: `usr_${name}`, name, role: "commander" as const, password_hash: null, created_at: new Date() };
  await house.database.kysely.insertInto("users").values(row).execute();
}

const CHECKED = ["the key was rotated"];

async function ask<S extends z.ZodType>(who: string, schema: S, method: string, at: string, body?: unknown) {
  const response = await server.ask(method, at, {
    headers: { authorization: `Bearer ${who}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw Object.assign(new Error(JSON.stringify(answer)), { status: response.status });
  return schema.parse(answer);
}

const stop = (who: string, body: Record<string, unknown>) =>
  ask(who, stopReceipt, "POST", "/api/v1/killswitch/stop", { level: "deny", reason: "it leaks", ...body });
const resume = (who: string, holdId: string, checked: readonly string[] = CHECKED) =>
  ask(who, resumeReceipt, "POST", `/api/v1/killswitch/holds/${holdId}/resume`, { reason: "mended", checked });
const view = (who = "ada") => ask(who, killswitchView, "GET", "/api/v1/killswitch");
const approvals = (who: string, id: string) => ask(who, approvalView, "GET", `/api/v1/approvals/${id}`);
const audited = async (action: string) =>
  (await listAudit(house.database.kysely)).filter((row) => row.action === action).map((row) => JSON.parse(row.leaf));

async function incidentOf(severity: 1 | 2): Promise<string> {
  const body = { title: "Keys leak", severity, type: "other" };
  return (await ask("ada", incidentDetail, "POST", "/api/v1/incidents", body)).id;
}

describe("C-1: who may stop what, by the kill switch policy", () => {
  test("a responder stops a pack, not everything; an agent's token stops nothing", async () => {
    await expect(stop("rita", { scope: "global", confirmation: "KILL ALL AGENTS" })).rejects.toMatchObject({
      status: 403,
    });
    await expect(stop("agent", { scope: "agent", target: "scout" })).rejects.toMatchObject({ status: 403 });
    expect((await stop("rita", { scope: "pack", target: "research" })).hold.target).toBe("research");
  });

  test("everything and critical packs take the typed confirmation", async () => {
    await expect(stop("ada", { scope: "global" })).rejects.toThrow("KILL ALL AGENTS");
    await expect(stop("ada", { scope: "global", confirmation: "yes" })).rejects.toThrow("KILL ALL AGENTS");
    await expect(stop("ada", { scope: "pack", target: "finance" })).rejects.toThrow('--confirm \\"finance\\"');
    expect(house.killswitch.current().holds).toEqual([]);
    await stop("ada", { scope: "global", confirmation: "KILL ALL AGENTS" });
    await stop("rita", { scope: "pack", target: "finance", confirmation: "finance" });
    expect(house.killswitch.current().holds).toHaveLength(2);
  });

  test("who may not and tries is in the audit log, with the address", async () => {
    const before = (await audited("killswitch.refused")).length;
    await expect(stop("rita", { scope: "global" })).rejects.toMatchObject({ status: 403 });
    await expect(resume("agent", newId("hold"))).rejects.toMatchObject({ status: 403 });
    await expect.poll(async () => (await audited("killswitch.refused")).length).toBe(before + 2);
    // each note is written beside its answer: which comes first is not said
    const noted = (await audited("killswitch.refused")).slice(before);
    expect(noted.find(({ target }) => target === "stop")).toMatchObject({
      actor: { name: "rita" },
      detail: { result: "forbidden", ipAddress: "127.0.0.1" },
    });
    expect(noted.find(({ target }) => target === "resumeHold")).toMatchObject({
      actor: { kind: "agent" },
      detail: { result: "forbidden" },
    });
  });
});

describe("C-1: a stop with an end", () => {
  test("ends by itself, and shortens no other hold on the same target", async () => {
    const timed = await stop("ada", { scope: "agent", target: "scout", expiresInSeconds: 60 });
    const other = await stop("bob", { scope: "agent", target: "scout" });
    expect(Date.parse(timed.hold.expiresAt ?? "") - Date.parse(timed.hold.at)).toBeCloseTo(60_000, -3);
    await house.killswitch.expire(Date.now() + 61_000);
    expect(house.killswitch.current().holds.map((hold) => hold.id)).toEqual([other.hold.id]);
  });

  test("is no way round the second person, and nothing for a token", async () => {
    const incidentId = await incidentOf(1);
    const timed = { scope: "agent", target: "scout", expiresInSeconds: 60 };
    await expect(stop("ada", { ...timed, incidentId })).rejects.toThrow("cannot end by itself");
    await expect(stop("token", timed)).rejects.toMatchObject({ status: 403 });
  });
});

describe("C-1: two persons resume what severity 1 or a critical pack stopped", () => {
  test("the first asks, the second approves, and the hold ends with both names", async () => {
    const incidentId = await incidentOf(1);
    const { hold } = await stop("ada", { scope: "agent", target: "scout", incidentId });
    expect((await view()).resumes).toMatchObject([{ holdId: hold.id, persons: 2, checklist: CHECKED }]);
    await expect(resume("ada", hold.id, [])).rejects.toThrow("the key was rotated");
    const asked = await resume("ada", hold.id);
    expect(asked).toMatchObject({
      releasedAt: null,
      approval: { state: "pending", arguments: { holdIds: [hold.id] } },
    });
    expect((await resume("ada", hold.id)).approval?.id).toBe(asked.approval?.id);
    expect(house.killswitch.current().holds).toHaveLength(1);
    const id = asked.approval?.id ?? "";
    const body = { answer: "approved", reason: "I looked too", digest: asked.approval?.digest, checked: CHECKED };
    await expect(ask("ada", approvalView, "POST", `/api/v1/approvals/${id}/answer`, body)).rejects.toMatchObject({
      status: 403,
    });
    await ask("bob", approvalView, "POST", `/api/v1/approvals/${id}/answer`, body);
    await expect.poll(() => house.killswitch.current().holds).toEqual([]);
    await expect.poll(async () => (await approvals("ada", id)).outcome).toContain("Released");
    const [ended] = (await view()).history;
    expect(ended).toMatchObject({ releasedBy: { name: "ada" }, releaseReason: "mended (approved by bob)" });
    const incident = await ask("ada", incidentDetail, "GET", `/api/v1/incidents/${incidentId}`);
    expect(incident.timeline.filter((entry) => entry.kind === "resume")).toHaveLength(1);
    const rows = (await audited("killswitch.resume")).filter((row) => row.target === hold.id);
    expect(rows).toMatchObject([{ actor: { name: "ada" }, detail: { approvalId: id, result: "released" } }]);
  });

  test("the second who resumes is the second person's yes", async () => {
    const { hold } = await stop("ada", { scope: "pack", target: "finance", confirmation: "finance" });
    expect((await resume("ada", hold.id)).releasedAt).toBeNull();
    expect((await resume("bob", hold.id)).releasedAt).not.toBeNull();
    expect(house.killswitch.current().holds).toEqual([]);
  });

  test("lowering the severity first does not spare the second person", async () => {
    const incidentId = await incidentOf(1);
    const { hold } = await stop("ada", { scope: "agent", target: "scout", incidentId });
    const lower = { severity: 3, reason: "not so bad" };
    await ask("ada", incidentDetail, "POST", `/api/v1/incidents/${incidentId}/severity`, lower);
    expect((await resume("ada", hold.id)).releasedAt).toBeNull();
    await expect(resume("ada", hold.id, [])).rejects.toThrow("the key was rotated");
  });

  test("a stop of severity 2 takes one person and a reason; a token never resumes", async () => {
    const incidentId = await incidentOf(2);
    const { hold } = await stop("ada", { scope: "agent", target: "scout", incidentId });
    await expect(resume("token", hold.id, [])).rejects.toMatchObject({ status: 403 });
    expect((await resume("bob", hold.id, [])).releasedAt).not.toBeNull();
  });

  test("the owner of the machine releases alone by the journal; it is on the timeline, in the log, and an alert", async () => {
    const incidentId = await incidentOf(1);
    const { hold } = await stop("ada", { scope: "agent", target: "scout", incidentId });
    const killswitch = openKillswitch({ home, clock: systemClock, newId, logger: silentLogger });
    const actor = { kind: "cli", id: "root", name: "root" } as const;
    await killswitch.release(hold.id, { actor, reason: "nobody else is there" });
    killswitch.close();
    await expect.poll(async () => (await view()).holds).toEqual([]);
    const alertsOf = () =>
      house.database.kysely
        .selectFrom("alerts")
        .select(["title", "severity"])
        .where("key", "=", `released-alone/${hold.id}`)
        .execute();
    await expect.poll(alertsOf).toMatchObject([{ severity: 2 }]);
    const rows = (await audited("killswitch.release")).filter((row) => row.target === hold.id);
    expect(rows).toMatchObject([{ actor: { name: "root" }, detail: { withoutSecondPerson: true } }]);
    const incident = await ask("ada", incidentDetail, "GET", `/api/v1/incidents/${incidentId}`);
    expect(incident.timeline.find((entry) => entry.kind === "resume")?.text).toContain("without the second person");
  });

  test("with nobody else who could approve, one person may after the checklist", async () => {
    await house.database.kysely.updateTable("users").set({ disabled_at: new Date() }).execute();
    try {
      const { hold } = await stop("ada", { scope: "agent", target: "scout", incidentId: await incidentOf(1) });
      expect((await view()).resumes).toMatchObject([{ persons: 1, checklist: CHECKED }]);
      expect((await resume("ada", hold.id)).releasedAt).not.toBeNull();
      const rows = (await audited("killswitch.resume")).filter((row) => row.target === hold.id);
      expect(rows).toMatchObject([{ detail: { alone: expect.stringContaining("no second person") } }]);
    } finally {
      await house.database.kysely.updateTable("users").set({ disabled_at: null }).execute();
    }
  });
});

describe("C-2: receipts and metrics of stops and resumes", () => {
  test("a stop and its resume have signed receipts that verify offline", async () => {
    const { hold, stopId } = await stop("ada", { scope: "agent", target: "scout", drill: true });
    await resume("bob", hold.id, []);
    const signedStop = await ask("rita", signedReceipt, "GET", `/api/v1/receipts/${stopId}`);
    expect(verifyReceipt(JSON.stringify(signedStop), house.receiptKey.keyId)).toMatchObject({
      genuine: true,
      content: { kind: "stop", drill: true, receipt: { stopId, hold: { id: hold.id } } },
    });
    const signedResume = await ask("rita", signedReceipt, "GET", `/api/v1/receipts/${hold.id}`);
    expect(verifyReceipt(JSON.stringify(signedResume)).content).toMatchObject({
      kind: "resume",
      releasedBy: { name: "bob" },
    });
    const page = await ask("rita", pageOf(receiptSummary), "GET", "/api/v1/receipts?limit=2");
    expect(page.items.map((one) => [one.kind, one.holdId])).toEqual([
      ["resume", hold.id],
      ["stop", hold.id],
    ]);
    const older = await ask("rita", pageOf(receiptSummary), "GET", `/api/v1/receipts?limit=500&after=${page.next}`);
    expect(older.items.map((one) => one.id)).not.toContain(hold.id);
  });

  test("a stop that the command line made without the server is recorded from its receipt, once", async () => {
    const { hold } = await stop("ada", { scope: "agent", target: "offline" });
    const receipt = {
      stopId: newId("stop"),
      hold,
      requestedAt: hold.at,
      completedAt: hold.at,
      verified: true,
      serverReachable: false,
      results: [],
    };
    const directory = path.join(home, "receipts");
    mkdirSync(directory, { recursive: true });
    const leave = (name: string, text: string) => writeFileSync(path.join(directory, name), text);
    leave(
      `${receipt.stopId}.json`,
      JSON.stringify(signReceipt(house.receiptKey, { kind: "stop", version: 1, drill: false, receipt })),
    );
    leave("forged.json", JSON.stringify({ type: "firebreak.receipt.v1" }));
    expect(await takeInReceipts(house)).toBe(2);
    expect(await takeInReceipts(house)).toBe(0);
    expect(readdirSync(path.join(directory, "refused"))).toEqual(["forged.json"]);
    const signed = await ask("rita", signedReceipt, "GET", `/api/v1/receipts/${receipt.stopId}`);
    expect(verifyReceipt(JSON.stringify(signed)).content).toMatchObject({ receipt: { serverReachable: false } });
  });

  test("Prometheus reads what is stopped, how often and for how long", async () => {
    await stop("ada", { scope: "pack", target: "research" });
    const text = await (await server.ask("GET", "/metrics")).text();
    expect(text).toContain('killswitch_state{level="pack",target="research"} 1');
    expect(text).toContain('killswitch_state{level="global",target=""} 0');
    expect(text).toMatch(/killswitch_activations_total{level="agent",target="scout",reason="person"} \d+/);
    expect(text).toMatch(/killswitch_duration_seconds_bucket{level="agent",le="\+Inf"} [1-9]/);
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(text).toContain("firebreak_database_up 1");
    const names = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    for (const one of names) expect(one).toMatch(/^[a-z_:][\w:]*({[^}]*})? [-+\d.e]+$|NaN|Inf/i);
  });
});
