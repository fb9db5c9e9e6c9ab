/** What tests of this room and of the rooms above it share. */
import type { Actor } from "@firebreak/protocol";
import { fileURLToPath } from "node:url";
import { createManualClock, createNewId, loadProfile, requireProfile, silentLogger, toIso } from "../kernel/index.ts";
import type { Clock, Profile } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { admitAlert } from "./admit-alerts.ts";
import type { Admission } from "./admit-alerts.ts";
import type { IncidentContext } from "./types.ts";

export const ada: Actor = { kind: "person", id: "usr_ada", name: "ada" };
export const daemon: Actor = { kind: "daemon", id: "detection", name: "detection" };

/** 20 November 2026, 12:00 UTC */
export const NOON = Date.UTC(2026, 10, 20, 12);

export async function loadShippedProfile(): Promise<Profile> {
  const profilesDir = fileURLToPath(new URL("../../../../profiles", import.meta.url));
  return requireProfile(await loadProfile({ home: "/nonexistent", profilesDir, name: "ai-empire" }));
}

export interface TestContext extends IncidentContext {
  readonly clock: Clock & { advance(ms: number): void };
}

export async function createTestContext(
  database: Database,
  overrides: Partial<TestContext> = {},
): Promise<TestContext> {
  const clock = createManualClock(NOON);
  return {
    database,
    clock,
    newId: createNewId(() => clock.now()),
    logger: silentLogger,
    actor: ada,
    profile: await loadShippedProfile(),
    ...overrides,
  };
}

export interface TestAlert {
  readonly agentId: string | null;
  readonly ruleId: string;
  readonly severity: 1 | 2 | 3 | 4;
  readonly title: string;
  readonly createdAt: number;
  readonly firstEventAt: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Writes an open alert as the alerts room does; for tests that begin where an alert exists. */
export async function insertAlert(ctx: TestContext, given: Partial<TestAlert> = {}): Promise<string> {
  const id = ctx.newId("alert");
  const now = ctx.clock.now();
  const alert: TestAlert = {
    agentId: "scout",
    ruleId: "command-burst",
    severity: 1,
    title: "Command burst",
    createdAt: now,
    firstEventAt: now - 1500,
    labels: {},
    ...given,
  };
  await ctx.database.kysely
    .insertInto("alerts")
    .values({
      id,
      fingerprint: id,
      rule_id: alert.ruleId,
      source: "detection",
      kind: "sigma",
      key: id,
      occurrence: 1,
      labels: JSON.stringify(alert.labels),
      annotations: "{}",
      links: "[]",
      notes: "[]",
      group_key: null,
      resolution: null,
      held_by: null,
      title: alert.title,
      level: "critical",
      severity: alert.severity,
      incident_type: "agent_runaway",
      status: "open",
      agent_id: alert.agentId,
      pack: "research",
      session_id: null,
      sentence: "101 commands in 1 minute.",
      detail: "{}",
      first_event_at: toIso(alert.firstEventAt),
      last_event_at: toIso(alert.createdAt),
      occurrences: 1,
      event_ids: "[]",
      incident_id: null,
      created_at: toIso(alert.createdAt),
      updated_at: toIso(alert.createdAt),
    })
    .execute();
  return id;
}

/** Passes an alert that nothing holds. */
export async function openIncidentForAlert(
  ctx: IncidentContext,
  alertId: string,
): Promise<Extract<Admission, { opened: boolean }>> {
  const admission = await admitAlert(ctx, alertId);
  if (admission.incidentId === null) throw new Error(`the alert ${alertId} was held`);
  return admission;
}
