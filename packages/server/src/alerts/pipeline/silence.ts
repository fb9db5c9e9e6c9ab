import { holdUnlessContaining } from "./spare.ts";
import type { Candidate, Mute, Stage } from "./types.ts";

/** Held while a silence of a person is on. */
export const silence: Stage = (candidate, { silences, now }) =>
  holdUnlessContaining(candidate, activeMutes(candidate, silences, now), "silenced") ?? { reason: "not_silenced" };

/** Held while what it is about is under maintenance. */
export const maintenance: Stage = (candidate, { windows, now }) =>
  holdUnlessContaining(candidate, activeMutes(candidate, windows, now), "in_maintenance") ?? {
    reason: "no_maintenance",
  };

function activeMutes({ labels }: Pick<Candidate, "labels">, mutes: readonly Mute[], now: number) {
  return mutes.flatMap(({ id, mutesContainment, matches, activeUntil }) => {
    const until = activeUntil(now);
    return until === null || !matches(labels) ? [] : [{ id, mutesContainment, until }];
  });
}
