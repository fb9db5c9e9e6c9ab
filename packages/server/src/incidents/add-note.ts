import type { IncidentSummary } from "@firebreak/protocol";
import { z } from "zod";
import { incidentId, longText, parseInput } from "./input.ts";
import { leaveTrace, lockIncident, summarizeOne } from "./internal.ts";
import { hasTimelineEntry } from "./timeline.ts";
import type { IncidentContext } from "./types.ts";
import { inTransaction } from "../storage/index.ts";

const addNoteInput = z.object({
  id: incidentId,
  text: longText(1),
  /** the same note under the same key is written once */
  key: z.string().min(1).max(200).optional(),
});
export type AddNoteInput = z.input<typeof addNoteInput>;

/**
 * Writes a note on the timeline; allowed in every state.
 *
 * @throws FirebreakError `not_found`
 */
export async function addNote(ctx: IncidentContext, input: AddNoteInput): Promise<IncidentSummary> {
  const note = parseInput(addNoteInput, input);
  return inTransaction(ctx.database, async (trx) => {
    const incident = await lockIncident(trx, note.id);
    const now = ctx.clock.now();
    const key = `note:${note.key ?? ctx.newId("request")}`;
    if (note.key !== undefined && (await hasTimelineEntry(trx, note.id, key))) return summarizeOne(trx, incident, now);
    const row = await trx
      .updateTable("incidents")
      .set({ updated_at: new Date(now) })
      .where("id", "=", note.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await leaveTrace(trx, ctx, {
      incidentId: incident.id,
      action: "incident.note",
      key,
      kind: "note",
      at: now,
      text: note.text,
      event: "noted",
    });
    return summarizeOne(trx, row, now);
  });
}
