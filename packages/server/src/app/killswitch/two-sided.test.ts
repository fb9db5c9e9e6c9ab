import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import type { SignedReceipt } from "@firebreak/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../../../../../test/agents/process-trees.ts";
import { listSupervisors, runSupervisor } from "../../containment/index.ts";
import { createNewId, silentLogger, systemClock, toIso } from "../../kernel/index.ts";
import { verifyReceipt } from "../../killswitch/index.ts";
import type { OpenHouse } from "../open-house.ts";
import { createActsAfterStops } from "./find-acts-after-stops.ts";
import { getAddendum, getReceipt, listReceipts } from "./receipts.ts";
import { stopAgents } from "./stop-agents.ts";
import { openTestHouse } from "./testing.ts";
import type { TestHouse } from "./testing.ts";

let home: string;
const newId = createNewId(() => systemClock.now());
const ada = { kind: "person", id: "usr_ada", name: "ada" } as const;
let opened: TestHouse;
let house: OpenHouse;

beforeAll(async () => {
  opened = await openTestHouse();
  ({ home, house } = opened);
});
afterAll(() => opened.close());

async function report(sessionId: string, more: { atMs: number; outcome: "success" | "denied" }): Promise<void> {
  const event = {
    id: newId("event"),
    time: toIso(more.atMs),
    receivedTime: toIso(more.atMs),
    source: "gate",
    agent: { id: "liar", session: sessionId },
    kind: "tool_call",
    outcome: more.outcome,
    data: { tool: "send_money" },
  } as const;
  await house.intake.accept({ events: [{ line: 1, event }], rejected: [], rejectedTotal: 0 }, { name: "test" });
}

async function contradictions() {
  const audit = house.database.kysely.selectFrom("audit_log").select("target");
  const rows = await audit.where("action", "=", "killswitch.contradicted").execute();
  const alerts = house.database.kysely.selectFrom("alerts").select("title");
  const raised = await alerts.where("title", "like", "An agent acted after%").execute();
  return { audit: rows.map((row) => row.target), alerts: raised.length };
}

/** The receipt is as it was signed, and what contradicts it is signed beside it. */
async function expectAddendum(stopId: string, before: SignedReceipt): Promise<void> {
  expect(await getReceipt(house, stopId)).toEqual(before);
  const addendum = await getAddendum(house, stopId);
  const verdict = verifyReceipt(JSON.stringify(addendum), house.receiptKey.keyId);
  const receiptSha256 = createHash("sha256").update(before.payload).digest("hex");
  expect(verdict).toMatchObject({
    genuine: true,
    content: { kind: "contradiction", stopId, receiptSha256, acts: [{ kind: "tool_call" }] },
  });
  const { items } = await listReceipts(house, { limit: 10 });
  expect(items).toMatchObject([{ id: stopId, verified: true, contradictedAt: expect.any(String) }]);
}

test("C-2: a gate that reports an act of a session after its proved stop makes the stop doubted, aloud and once", async () => {
  const session = newId("session");
  const stream = () => new PassThrough().resume();
  const exit = runSupervisor({
    home,
    agent: "liar",
    session,
    command: ["sleep", "600"],
    cwd: "/",
    env: process.env,
    clock: systemClock,
    newId,
    logger: silentLogger,
    stdio: { stdin: "ignore", stdout: stream(), stderr: stream() },
    signals: new EventEmitter(),
  });
  await until("it runs", () => listSupervisors({ home }).some(({ tree }) => tree === "running"));
  const request = { scope: "agent", target: "liar", level: "kill", reason: "it lies" } as const;
  const receipt = await stopAgents(house, ada, request);
  expect(receipt).toMatchObject({ verified: true, results: [{ sessionId: session }] });
  await exit;
  const look = createActsAfterStops(house);
  const stoppedMs = Date.parse(receipt.completedAt);

  await report(session, { atMs: stoppedMs - 1000, outcome: "success" });
  await report(session, { atMs: stoppedMs + 10_000, outcome: "denied" });
  await report("ses_another", { atMs: stoppedMs + 10_000, outcome: "success" });
  await look();
  expect(await contradictions()).toEqual({ audit: [], alerts: 0 });
  const before = await getReceipt(house, receipt.stopId);
  await expect(getAddendum(house, receipt.stopId)).rejects.toMatchObject({ code: "not_found" });

  await report(session, { atMs: stoppedMs + 10_000, outcome: "success" });
  await look();
  await look();
  await createActsAfterStops(house)();
  expect(await contradictions()).toEqual({ audit: [receipt.stopId], alerts: 1 });
  await expectAddendum(receipt.stopId, before);
}, 30_000);
