import type { Actor, PersonErasureStore } from "@firebreak/protocol";
import { sql } from "kysely";
import type { Trx } from "../../storage/index.ts";
import type { RetentionContext } from "../context.ts";
import type { Matcher } from "./terms.ts";

/** One look for a person, or one erasure of what was found. */
export interface PersonJob {
  readonly ctx: RetentionContext;
  readonly id: string;
  readonly matcher: Matcher;
  /** false: nothing is changed */
  readonly erases: boolean;
  readonly also: ReadonlySet<string>;
  /** who asked, and what the records say */
  readonly actor: Actor;
  readonly policy: string;
  /** asked between batches: throws when this process stops, or another one does it */
  readonly beat: () => Promise<void>;
}

/** What was found in one store; counts of what was erased are kept with the erasure itself. */
export type Finding = Omit<PersonErasureStore, "erased">;

/** Counts findings up while a store is walked through. */
export class Tally {
  matches = 0;
  stay = 0;
  readonly cases = new Set<string>();
  readonly why = new Set<string>();

  keep(count: number, why: string): void {
    if (count === 0) return;
    this.stay += count;
    this.why.add(why);
  }

  hold(count: number, caseId: string): void {
    this.keep(count, `held by case ${caseId}`);
    this.cases.add(caseId);
  }

  finding(store: string, act: Finding["act"]): Finding[] {
    if (this.matches === 0) return [];
    return [{ store, act, matches: this.matches, stay: this.stay, cases: [...this.cases], why: [...this.why] }];
  }
}

/** Counts what was erased, in the transaction that erases it: exactly, whatever is cut off. */
export async function noteErased(trx: Trx, id: string, store: string, count: number): Promise<void> {
  await sql`
    update person_erasures set erased = erased || jsonb_build_object(${store}::text,
      coalesce((erased ->> ${store}::text)::bigint, 0) + ${count}::bigint) where id = ${id}`.execute(trx);
}

/** @returns a condition for texts that may match, to be looked at closer */
export function mayMatch(text: ReturnType<typeof sql>, { likely }: Matcher) {
  if (likely === null) return sql<boolean>`true`;
  return sql<boolean>`${text} ilike any(${likely.map((run) => `%${run}%`)}::text[])`;
}
