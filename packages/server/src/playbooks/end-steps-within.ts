import { sql } from "kysely";
import type { Transaction } from "kysely";
import { toIso } from "../kernel/index.ts";
import type { Schema } from "../storage/index.ts";
import type { StepReason } from "./reasons.ts";

/**
 * Skips what is still pending or waiting within steps, however deep.
 *
 * @param exceptSlot left out of it, with all that stands in it: the option that was chosen
 * @returns the ids of the rows that were skipped
 */
export async function skipSteps(
  trx: Transaction<Schema>,
  runId: string,
  { within, exceptSlot = null }: { readonly within: string; readonly exceptSlot?: string | null },
  reason: StepReason,
  at: number,
): Promise<string[]> {
  const { rows } = await sql<{ step_id: string }>`
    with recursive inside as (
      select step_id from playbook_steps
      where run_id = ${runId} and parent_id = ${within}
        and (${exceptSlot}::text is null or slot is distinct from ${exceptSlot}::text)
      union
      select step.step_id from playbook_steps step join inside on step.parent_id = inside.step_id
      where step.run_id = ${runId}
    )
    update playbook_steps set state = 'skipped', reason = ${reason}, ended_at = ${toIso(at)}::timestamptz
    where run_id = ${runId} and step_id in (select step_id from inside) and state in ('pending', 'waiting')
    returning step_id`.execute(trx);
  return rows.map((row) => row.step_id);
}

/** Times out the steps around others that run within a step whose time is over. @returns their ids */
export async function timeOutContainers(
  trx: Transaction<Schema>,
  runId: string,
  within: string,
  at: number,
): Promise<string[]> {
  const { rows } = await sql<{ step_id: string }>`
    with recursive inside as (
      select step_id from playbook_steps where run_id = ${runId} and parent_id = ${within}
      union
      select step.step_id from playbook_steps step join inside on step.parent_id = inside.step_id
      where step.run_id = ${runId}
    )
    update playbook_steps set state = 'timed_out', reason = 'time_box', ended_at = ${toIso(at)}::timestamptz
    where run_id = ${runId} and step_id in (select step_id from inside) and state = 'running'
    returning step_id`.execute(trx);
  return rows.map((row) => row.step_id);
}
