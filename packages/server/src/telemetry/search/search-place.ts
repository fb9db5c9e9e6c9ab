import { FirebreakError } from "../../kernel/index.ts";

/** Where in the order of time a search stands: behind the event of this time and `seq`. */
export interface SearchPlace {
  readonly timeMs: number;
  readonly seq: string;
}

const PLACE = /^(\d{1,15})-(\d{1,19})$/;

/** @throws FirebreakError bad_request when the text is not a `next` of an earlier page */
export function parsePlace(text: string): SearchPlace {
  const [, timeMs, seq] = PLACE.exec(text) ?? [];
  if (timeMs !== undefined && seq !== undefined && BigInt(seq) <= SEQ_MAX) return { timeMs: Number(timeMs), seq };
  throw new FirebreakError("bad_request", "after: give the `next` of the page before, such as 1767225600000-42.");
}

const SEQ_MAX = 9_223_372_036_854_775_807n;

export function formatPlace({ timeMs, seq }: SearchPlace): string {
  return `${timeMs}-${seq}`;
}
