import type { IncidentSummary } from "@firebreak/protocol";
import { z } from "zod";
import { incidentId, longText, parseInput } from "./input.ts";
import { leaveTrace, lockIncident, summarizeOne } from "./internal.ts";
import type { IncidentContext } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

const addNoteInput = z.object({ id: incidentId, text: longText(1) });
export type AddNoteInput = z.input<typeof addNoteInput>;

/**
 * Writes a person's note on the timeline; allowed in every state.
 *
 * @throws FirebreakError `not_found`
 */
export async function addNote(ctx: IncidentContext, input: AddNoteInput): Promise<IncidentSummary> {
  const note = parseInput(addNoteInput, input);
  return inTransaction(ctx.database, async (trx) => {
    const incident = await lockIncident(trx, note.id);
    const now = ctx.clock.now();
    const row = await trx
      .updateTable("incidents")
      .set({ updated_at: new Date(now) })
      .where("id", "=", note.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await leaveTrace(trx, ctx, {
      incidentId: incident.id,
      action: "incident.note",
      key: `note:${ctx.newId("request")}`,
      kind: "note",
      at: now,
      text: note.text,
      event: "noted",
    });
    return summarizeOne(trx, row, now);
  });
}
