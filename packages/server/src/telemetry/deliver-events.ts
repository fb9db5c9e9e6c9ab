import type { Intake } from "./intake.ts";
import type { EventDraft } from "./maps/compile-map.ts";
import { checkEvents } from "./parse-batch.ts";

export interface Delivery {
  readonly stored: number;
  readonly known: number;
  readonly refused: number;
  readonly refusal: string | undefined;
}

const EVENTS_PER_BATCH = 2_000;

/**
 * Stores events that a reader made; resolves after their commit.
 *
 * @param fallbackTime of events that have none
 * @throws FirebreakError when the intake takes nothing now: the same call is repeated later
 */
export async function deliver(
  events: readonly (EventDraft & { readonly id: string })[],
  intake: Intake,
  to: { readonly fallbackTime: string; readonly sender: string; readonly nowMs: number },
): Promise<Delivery> {
  const total = { stored: 0, known: 0, refused: 0, refusal: undefined as string | undefined };
  for (let start = 0; start < events.length; start += EVENTS_PER_BATCH) {
    const some = events.slice(start, start + EVENTS_PER_BATCH);
    const timed = some.map((event, index) => ({ line: start + index + 1, event: { time: to.fallbackTime, ...event } }));
    const receipt = await intake.accept(checkEvents(timed, to.nowMs), { name: to.sender });
    total.stored += receipt.accepted;
    total.known += receipt.duplicates;
    total.refused += receipt.rejectedTotal;
    total.refusal ??= receipt.rejected[0]?.message;
  }
  return total;
}
