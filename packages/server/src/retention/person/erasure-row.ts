import { createHash } from "node:crypto";
import type { PersonErasure } from "@firebreak/protocol";
import { z } from "zod";
import { canonicalJson } from "../../kernel/index.ts";
import type { Kysely, Selectable } from "kysely";
import type { PersonErasuresTable, PersonTerms, Schema } from "../../storage/index.ts";

/** What a second person has to approve before anything of a person is erased. */
export const ERASE_KIND = "person_erasure.carry_out";

export type ErasureRow = Selectable<PersonErasuresTable>;

const BEYOND = [
  "backups of the database and of the home, and copies that an object store makes of itself: they are yours to age",
  "what was sent or given out already: notifications, exports, archives that were handed over",
  "what lies on machines of agents until it is sent, and their own logs",
  "PostgreSQL's files until it vacuums, and Firebreak's own log files",
  "texts within compressed or encrypted files of evidence, in pictures, and spelled otherwise than was asked for",
];

export function viewErasure(row: ErasureRow, approvalId: string | null): PersonErasure {
  const found = new Set(row.findings.map(({ store }) => store));
  // what is all erased is found no more, and was there all the same
  const gone = Object.keys(row.erased)
    .filter((store) => !found.has(store))
    .map((store) => ({ store, act: "delete" as const, matches: 0, stay: 0, cases: [], why: [] }));
  return {
    id: row.id,
    state: row.state,
    terms: row.terms === null ? null : { values: row.terms.values, patterns: row.terms.patterns },
    also: row.also,
    reason: row.reason,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    lookedAt: row.looked_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    stores: [...row.findings, ...gone].map((finding) => ({ ...finding, erased: row.erased[finding.store] ?? 0 })),
    beyond: BEYOND,
    problem: row.problem,
    approvalId,
  };
}

/** @returns the open question about carrying it out */
export async function openQuestion(kysely: Kysely<Schema>, id: string): Promise<string | null> {
  const row = await kysely
    .selectFrom("approvals")
    .select("id")
    .where("kind", "=", ERASE_KIND)
    .where("target", "=", id)
    .where("state", "=", "pending")
    .executeTakeFirst();
  return row?.id ?? null;
}

/** What the audit log keeps of what is looked for: nobody can guess it, once the salt is forgotten. */
export function digestOf({ values, patterns, salt }: PersonTerms, also: PersonErasure["also"]): string {
  return createHash("sha256").update(canonicalJson({ values, patterns, salt, also })).digest("hex");
}

const found = z.object({ detail: z.object({ digest: z.string() }) });

/** Whoever can write to the table must not bring Firebreak to delete what nobody approved, or something else than that. */
export async function wasApproved(kysely: Kysely<Schema>, { id, terms, also }: ErasureRow): Promise<boolean> {
  const acts = await kysely
    .selectFrom("audit_log")
    .select(["action", "leaf"])
    .where("target", "=", id)
    .where("action", "in", ["person_erasure.find", "person_erasure.begin"])
    .execute();
  const asked = acts.find(({ action }) => action === "person_erasure.find");
  const isBegun = acts.some(({ action }) => action === "person_erasure.begin");
  const said = found.safeParse(JSON.parse(asked?.leaf ?? "null"));
  return isBegun && terms !== null && said.success && said.data.detail.digest === digestOf(terms, also);
}
