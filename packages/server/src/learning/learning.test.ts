import type { StopResult } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  acknowledgeIncident,
  addNote,
  checkClocks,
  markContained,
  reportIncident,
  resolveIncident,
} from "../incidents/index.ts";
import { ada, createTestContext, daemon, insertAlert, NOON, openIncidentForAlert } from "../incidents/testing.ts";
import type { TestContext } from "../incidents/testing.ts";
import { markEntry, refreshImpact } from "../investigation/index.ts";
import { storeTestEvents } from "../investigation/testing.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { draftReview, editReview, getReview } from "./index.ts";

let testDatabase: TestDatabase;
let ctx: TestContext;

const MINUTE_MS = 60_000;
const HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(async () => {
  await testDatabase.close();
});
beforeEach(async () => {
  await testDatabase.database.pool.query(
    "truncate events, incidents, incident_counters, alerts, stops, evidence_archives, deliveries, playbook_runs, reviews, audit_log cascade",
  );
  ctx = await createTestContext(testDatabase.database);
});

const kysely = () => testDatabase.database.kysely;

async function insertStop(incidentId: string, results: StopResult[]): Promise<void> {
  const at = new Date(NOON + 100);
  await kysely()
    .insertInto("stops")
    .values({
      id: "stp_1",
      hold: "{}",
      hold_id: "hld_1",
      incident_id: incidentId,
      requested_at: at,
      completed_at: at,
      verified: true,
      results: JSON.stringify(results),
    })
    .execute();
}

const stopOf = (state: StopResult["state"], proof: string): StopResult => ({
  sessionId: "ses_1",
  agentId: "scout",
  pack: "research",
  level: "kill",
  state,
  elapsedMs: 41.6,
  proof,
  processes: 11,
  remaining: [],
});

async function insertEvidence(incidentId: string, degraded: number): Promise<void> {
  await kysely()
    .insertInto("evidence_archives")
    .values({
      id: "evd_1",
      incident_id: incidentId,
      session_id: "ses_1",
      agent_id: "scout",
      reason: "stop",
      directory: "evidence/evd_1",
      manifest_sha256: HASH,
      items: 12,
      degraded_items: degraded,
      bytes: "4096",
      collected_at: new Date(NOON + 150),
      collected_by: JSON.stringify(daemon),
    })
    .execute();
}

async function insertDelivery(incidentId: string, state: "delivered" | "failed", attempts: number): Promise<void> {
  const at = new Date(NOON + 300);
  await kysely()
    .insertInto("deliveries")
    .values({
      id: `dlv_${state}`,
      key: state,
      incident_id: incidentId,
      channel: "ops",
      channel_kind: "webhook",
      template: "initial",
      subject: "s",
      body: "{}",
      state,
      attempts,
      last_error: state === "failed" ? "The receiver answered HTTP 410 <gone>." : null,
      receipt: state === "delivered" ? "HTTP 204 No Content" : null,
      created_at: at,
      updated_at: at,
      delivered_at: state === "delivered" ? at : null,
    })
    .execute();
}

async function openAndContain(title = "Command burst"): Promise<string> {
  const alertId = await insertAlert(ctx, { title });
  const { incidentId } = await openIncidentForAlert({ ...ctx, actor: daemon }, alertId);
  await markContained({ ...ctx, actor: daemon }, { incidentId, tripToStopMs: 41.6, at: NOON + 200 });
  return incidentId;
}

test("L-1: the review of a stop that went well says so from the record", async () => {
  const id = await openAndContain();
  await insertStop(id, [stopOf("verified_stopped", "no process left")]);
  await insertEvidence(id, 0);
  await insertDelivery(id, "delivered", 1);
  ctx.clock.advance(4 * MINUTE_MS);
  await acknowledgeIncident(ctx, { id });
  ctx.clock.advance(30 * MINUTE_MS);
  await resolveIncident(ctx, { id, summary: "Loop found and fixed.\nNothing was lost.", rootCause: "No retry limit." });
  const review = await draftReview(ctx, id);
  expect(review.dueAt).toBe(new Date(NOON + 34 * MINUTE_MS + 72 * 60 * MINUTE_MS).toISOString());
  await expect(review.markdown).toMatchFileSnapshot("review-good.golden.txt");
  expect(await getReview(ctx, id)).toEqual(review);
});

test("L-1: what was missed, unproved, degraded or undelivered is said, each with an action", async () => {
  const id = await openAndContain();
  await insertStop(id, [stopOf("verified_stopped", "cgroup empty"), stopOf("unverified", "1 process still runs")]);
  await insertEvidence(id, 2);
  await insertDelivery(id, "failed", 10);
  ctx.clock.advance(5 * 60 * MINUTE_MS);
  await checkClocks(ctx);
  const { markdown } = await draftReview(ctx, id);
  await expect(markdown).toMatchFileSnapshot("review-bad.golden.txt");
  const actions = markdown.split("\n").filter((line) => line.startsWith("- [ ] "));
  expect(actions).toHaveLength(6);
});

test("L-1: an incident without any record beside itself still gets a review", async () => {
  const { id } = await reportIncident(ctx, { title: "Something odd", severity: 4, type: "other" });
  const { markdown } = await draftReview(ctx, id);
  expect(markdown).toContain("No stop is recorded for this incident.");
  expect(markdown).toContain("No rule saw it");
});

test("L-1: hostile text of agents and people stays text", async () => {
  const id = await openAndContain("</td><script>alert(1)</script> [x](javascript:1) | # h");
  await addNote(ctx, { id, text: "## Forged section\n\n- [ ] forged action\n<img src=https://evil.example/pixel>" });
  await resolveIncident(ctx, { id, summary: "# big\n\n| a | b |\n|---|---|\n```\ncode" });
  const { markdown } = await draftReview(ctx, id);
  expect(markdown).not.toMatch(/(?<!\\)<(?:script|img|\/td)/);
  expect(markdown.match(/^## /gm)).toHaveLength(12);
  expect(markdown).not.toMatch(/^- \[ \] forged|^```|https:\/\/evil/m);
});

test("L-1: a new draft never replaces what a person wrote, unless that is asked for", async () => {
  const id = await openAndContain();
  await expect(getReview(ctx, id)).rejects.toMatchObject({ code: "not_found" });
  await expect(editReview(ctx, { id, markdown: "mine" })).rejects.toMatchObject({ code: "not_found" });
  await draftReview(ctx, id);
  await draftReview(ctx, id);
  await editReview(ctx, { id, markdown: "mine" });
  await expect(draftReview({ ...ctx, actor: ada }, id)).rejects.toThrow(/edited by ada/);
  expect((await draftReview(ctx, id, { whenEdited: "keep" })).markdown).toBe("mine");
  expect((await getReview(ctx, id)).markdown).toBe("mine");
  expect((await draftReview(ctx, id, { whenEdited: "replace" })).markdown).toContain("# Review of INC-2026-0001");
  await expect(draftReview(ctx, "INC-2026-9999")).rejects.toMatchObject({ code: "not_found" });
});

test("E-7: the review states the damage from a version of the impact, and the curated timeline", async () => {
  await storeTestEvents(testDatabase.database, [
    {
      atMs: NOON - MINUTE_MS,
      kind: "network",
      data: { url: "https://drop.example/x", method: "PUT", bytes_sent: 4096 },
    },
    { atMs: NOON - 2 * MINUTE_MS, data: { command: "echo `id` > /tmp/<b>" } },
  ]);
  const alertId = await insertAlert(ctx);
  const { incidentId } = await openIncidentForAlert({ ...ctx, actor: daemon }, alertId);
  const row = await kysely().selectFrom("events").select("seq").where("kind", "=", "command").executeTakeFirstOrThrow();
  await markEntry(ctx, incidentId, { ref: `event:${row.seq}`, act: "pin" });
  await markEntry(ctx, incidentId, { ref: `event:${row.seq}`, act: "annotate", text: "the *first* sign" });
  const impact = await refreshImpact(ctx, incidentId);
  const { markdown } = await draftReview(ctx, incidentId);
  expect(markdown).toContain("- scout sent data to drop.example: 4096 bytes (1 event) (observed)");
  expect(markdown).toContain(`From version 1 of the impact, out of 2 events; SHA-256 \`${impact.sha256}\`.`);
  expect(markdown).toContain("NIS2, article 23");
  expect(markdown).toMatch(/Command: echo .+ — ada: the \\\*first\\\* sign \(scout, telemetry\)/);
  expect(markdown).not.toContain("<b>");
});

test("P-1: the draft names what was approved alone, and asks for its review until somebody has", async () => {
  const { id } = await reportIncident(ctx, { title: "It burns", severity: 1, type: "other" });
  await testDatabase.database.pool.query(
    `insert into approvals (id, kind, title, reason, arguments, nonce, digest, preview, checklist, incident_id, requested_by, requested_at,
       expires_at, role, answers_needed, state, break_glass)
     values ('apr_1', 'playbook.step', 'Restore', 'damaged', '{}', 'n', 'd', '[]', '[]', $1, '{}', now(), now(), 'commander', 2, 'approved', $2)`,
    [id, JSON.stringify({ by: ada, reason: "nobody answers", at: new Date(NOON).toISOString() })],
  );
  const { markdown: draft } = await draftReview(ctx, id, { whenEdited: "keep" });
  expect(draft).toContain('ada approved "Restore" alone (break-glass): nobody answers.');
  expect(draft).toContain("Have another person than ada review the broken glass `apr_1`.");
  const reviewed = { by: ada, verdict: "justified", note: "true", at: new Date(NOON).toISOString() };
  await testDatabase.database.pool.query("update approvals set reviewed = $1", [JSON.stringify(reviewed)]);
  expect((await draftReview(ctx, id, { whenEdited: "keep" })).markdown).not.toContain("Have another person");
});
