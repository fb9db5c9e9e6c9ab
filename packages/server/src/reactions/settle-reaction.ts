import type { ReactionRadius } from "@firebreak/protocol";
import { previewAction } from "../actions/index.ts";
import { requestApproval } from "../approvals/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import { previewRun } from "../playbooks/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import { changeReaction } from "./change-reaction.ts";
import type { ReactionContext, ReactionRow } from "./context.ts";
import { deedOf } from "./plan-reaction.ts";

/** What would change, in words and by name. */
interface Outlook {
  readonly changes: readonly string[];
  readonly blastRadius: ReactionRadius;
  readonly role: "responder" | "commander";
}

const NOTHING: ReactionRadius = { agents: [], hosts: [], services: [], addresses: [] };
const CHANGES_MAX = 50;
const MINUTE_MS = 60_000;

/** Says what a reaction that does not act would change; asks a person when its mode or a guard rail wants that. */
export async function settleReaction(ctx: ReactionContext, row: ReactionRow): Promise<void> {
  const outlook = await foresee(ctx, row);
  const changes = JSON.stringify(outlook.changes.slice(0, CHANGES_MAX).map((line) => line.toWellFormed()));
  const known = { changes, blast_radius: JSON.stringify(outlook.blastRadius) };
  try {
    await inTransaction(ctx.database, async (trx) => {
      if (!(await isUndecided(trx, row))) return undefined;
      if (row.mode === "observe") return changeReaction(trx, ctx, row, { ...known, state: "observed" });
      const approvalId = await ask(trx, ctx, row, outlook);
      return changeReaction(trx, ctx, row, { ...known, state: "waiting", approval_id: approvalId });
    });
  } catch (fault) {
    if (!(fault instanceof FirebreakError) || fault.code === "conflict") throw fault;
    const message = `nobody could be asked: ${fault.message}`;
    await inTransaction(ctx.database, (trx) => changeReaction(trx, ctx, row, { ...known, state: "failed", message }));
  }
}

/** It may have been settled, or a rule that asks nobody may have begun it: then nobody is asked. It stays as it is meanwhile. */
async function isUndecided(trx: Trx, { id, state }: ReactionRow): Promise<boolean> {
  const found = await trx
    .selectFrom("reactions")
    .select("state")
    .where("id", "=", id)
    .where("state", "=", state)
    .forUpdate()
    .executeTakeFirst();
  return found !== undefined;
}

/** What an approval of this reaction allows, word for word. */
export function argumentsOf(row: ReactionRow): Record<string, unknown> {
  const { kind, what, target, parameters } = row;
  return { kind, what, target, parameters, incidentId: row.incident_id, forMinutes: row.for_minutes };
}

export const APPROVAL_KIND = "containment.apply";

async function ask(trx: Trx, ctx: ReactionContext, row: ReactionRow, outlook: Outlook): Promise<string> {
  const held = row.rail_reason === null ? "" : ` Held back by a guard rail: ${row.rail_reason}.`;
  const deed = deedOf(row);
  const approval = await requestApproval(trx, ctx, {
    kind: APPROVAL_KIND,
    title: `${deed.charAt(0).toUpperCase()}${deed.slice(1)}`,
    target: row.target,
    reason: `${row.title} (rule ${row.rule}).${held}`,
    arguments: argumentsOf(row),
    preview: outlook.changes.slice(0, CHANGES_MAX),
    incidentId: row.incident_id,
    expiresInMs: row.ask_minutes * MINUTE_MS,
    role: outlook.role,
  });
  return approval.id;
}

async function foresee(ctx: ReactionContext, row: ReactionRow): Promise<Outlook> {
  try {
    return await (row.kind === "playbook" ? foreseeRun(ctx, row) : foreseeAction(ctx, row));
  } catch (fault) {
    if (!(fault instanceof FirebreakError)) throw fault;
    return { changes: [`it cannot be told: ${fault.message}`], blastRadius: NOTHING, role: "commander" };
  }
}

async function foreseeAction(ctx: ReactionContext, { what, parameters }: ReactionRow): Promise<Outlook> {
  const preview = await previewAction(ctx, { effector: what, parameters });
  const obstacles = preview.obstacles.map((obstacle) => `would be refused as things stand: ${obstacle}`);
  const role = preview.role === "responder" ? "responder" : "commander";
  return { changes: [...preview.changes, ...obstacles], blastRadius: preview.blastRadius, role };
}

async function foreseeRun(ctx: ReactionContext, row: ReactionRow): Promise<Outlook> {
  const inputs = { ...row.parameters };
  const { steps } = await previewRun(ctx, { playbookId: row.what, incidentId: row.incident_id, inputs });
  const changes = steps.flatMap((step) => step.preview?.changes ?? [`${step.title}: ${step.note}`]);
  return { changes, blastRadius: union(steps.flatMap((step) => step.preview?.blastRadius ?? [])), role: "commander" };
}

/** Each name once, sorted. */
export function union(radii: readonly Readonly<Record<keyof ReactionRadius, readonly string[]>>[]): ReactionRadius {
  const all = (kind: keyof ReactionRadius) => [...new Set(radii.flatMap((one) => one[kind]))].toSorted();
  return { agents: all("agents"), hosts: all("hosts"), services: all("services"), addresses: all("addresses") };
}
