import {
  formatCheckpoint,
  isSignedBy,
  parseNote,
  parseVerifierKey,
  parseWitnessKey,
  readCheckpoint,
  TreeReader,
} from "@firebreak/verifier";
import type { WitnessKey } from "@firebreak/verifier";
import type { Actor } from "@firebreak/protocol";
import type { Kysely } from "kysely";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import type { AuditSettings, Clock } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { Database, Schema, Trx } from "../../storage/index.ts";
import { recordAudit } from "../record-audit.ts";
import { createTileReader } from "../tree/read-tiles.ts";
import { askWitness, findCosignature } from "./ask-witness.ts";
import type { WitnessAnswer } from "./ask-witness.ts";

export interface WitnessContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly settings: AuditSettings;
}

/** A witness, and what it says of this log. */
export interface WitnessView {
  readonly name: string;
  /** entries of the newest checkpoint that it cosigned; 0 for none */
  readonly size: number;
  readonly cosignedAt: string | null;
  /** where it is asked; null when it brings its cosignatures itself */
  readonly url: string | null;
  /** what is wrong with it, or with the log in its eyes */
  readonly problem: string | null;
  readonly failingSince: string | null;
  /** it saw another history of this log */
  readonly contradicts: boolean;
  /** what to do about the problem */
  readonly remedy: string | null;
}

/** What it takes to be believed: so many of these witnesses under one checkpoint. */
export interface WitnessedView {
  readonly required: number;
  /** the newest checkpoint that enough of them cosigned, with their lines; null for none */
  readonly checkpoint: string | null;
  readonly size: number;
  /** when the last of them did */
  readonly witnessedAt: string | null;
  /** entries of the log now */
  readonly logSize: number;
  readonly witnesses: readonly WitnessView[];
}

const keyOf = (text: string): WitnessKey[] => {
  const key = parseWitnessKey(text);
  return key === undefined ? [] : [key];
};
const witnessesOf = ({ witnesses }: AuditSettings) =>
  witnesses.flatMap(({ key: text, url }) => keyOf(text).map((key) => ({ key, url })));
/** What is noted of a witness that cosigned. */
const SOUND = { problem: null, failing_since: null, contradicts: false } as const;
const idOf = ({ name, id }: WitnessKey): string => `${name}+${id}`;

/**
 * Asks every witness that has an address, and is due, about the newest checkpoint.
 *
 * @returns sentences of those that contradict: in their eyes the history was changed
 */
export async function askWitnesses(ctx: WitnessContext): Promise<string[]> {
  const { kysely } = ctx.database;
  const state = await kysely.selectFrom("log_state").select("note").executeTakeFirst();
  const checkpoint = state === undefined ? undefined : readCheckpoint(state.note);
  if (state === undefined || checkpoint === undefined || checkpoint.size === 0) return [];
  const known = await readKnown(kysely);
  const contradictions: string[] = [];
  for (const { key, url } of witnessesOf(ctx.settings)) {
    const row = known.get(key.name);
    if (url === undefined || !isDue(ctx, row, checkpoint.size)) continue;
    const answer = await askWitness({
      url,
      key,
      oldSize: Number(row?.size ?? 0),
      size: checkpoint.size,
      note: state.note,
      prove: (from) => new TreeReader(checkpoint.size, createTileReader(kysely)).consistencyProof(from),
    });
    await keepAnswer(ctx, key, { size: checkpoint.size, note: state.note }, answer);
    if (answer.kind === "contradicts") contradictions.push(`the witness ${key.name}: ${answer.message}`);
  }
  return contradictions;
}

type KnownWitness = { readonly size: string; readonly asked_at: Date | null };

function isDue({ clock, settings }: WitnessContext, row: KnownWitness | undefined, size: number): boolean {
  if (row !== undefined && Number(row.size) >= size) return false;
  return (row?.asked_at?.getTime() ?? 0) <= clock.now() - settings.witnessMinutes * 60_000;
}

async function readKnown(kysely: Kysely<Schema>) {
  const rows = await kysely.selectFrom("log_witnesses").selectAll().execute();
  return new Map(rows.map((row) => [row.name, row]));
}

interface Cosigned {
  readonly size: number;
  readonly note: string;
}

async function keepAnswer(ctx: WitnessContext, key: WitnessKey, head: Cosigned, answer: WitnessAnswer): Promise<void> {
  const now = toIso(ctx.clock.now());
  if (answer.kind === "cosigned") {
    await inTransaction(ctx.database, (trx) => keepCosignature(trx, key, head, { ...answer, askedAt: now }));
    return;
  }
  const row = { asked_at: now, problem: answer.message, contradicts: answer.kind === "contradicts" };
  await ctx.database.kysely
    .insertInto("log_witnesses")
    .values({ name: key.name, ...row, failing_since: now })
    .onConflict((conflict) =>
      conflict.column("name").doUpdateSet((builder) => ({
        ...row,
        failing_since: builder.fn.coalesce(builder.ref("log_witnesses.failing_since"), builder.val(new Date(now))),
      })),
    )
    .execute();
}

/** Keeps the line, and the checkpoint that it stands under. */
async function keepCosignature(
  trx: Trx,
  key: WitnessKey,
  { size, note }: Cosigned,
  { line, time, askedAt }: { readonly line: string; readonly time: number; readonly askedAt: string },
): Promise<void> {
  const cosignedAt = toIso(time * 1000);
  await trx
    .insertInto("log_heads")
    .values({ size: String(size), at: askedAt, note })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await trx
    .insertInto("log_cosignatures")
    .values({ size: String(size), witness: idOf(key), at: cosignedAt, line })
    .onConflict((conflict) => conflict.columns(["size", "witness"]).doUpdateSet({ at: cosignedAt, line }))
    .execute();
  const row = { asked_at: askedAt, cosigned_at: cosignedAt, size: String(size), ...SOUND };
  await trx
    .insertInto("log_witnesses")
    .values({ name: key.name, ...row })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(row).where("log_witnesses.size", "<=", String(size)))
    .execute();
}

/**
 * Takes cosignatures that somebody brings: a checkpoint of this log with lines of its witnesses under it.
 *
 * @returns the names of the witnesses whose lines were kept
 * @throws FirebreakError invalid_body for another log or history, or when no line is valid
 */
export async function acceptCosignatures(
  ctx: WitnessContext & { readonly actor: Actor },
  note: string,
): Promise<string[]> {
  const { kysely } = ctx.database;
  const brought = readCheckpoint(note);
  const state = await kysely.selectFrom("log_state").select(["origin", "size"]).executeTakeFirst();
  const isOurs = brought !== undefined && brought.origin === state?.origin && brought.size <= Number(state.size);
  if (!isOurs || brought.size === 0) throw refusal("That is no checkpoint of this log.");
  const tree = new TreeReader(Number(state.size), createTileReader(kysely));
  if (!(await tree.root(brought.size)).equals(brought.root)) {
    throw refusal(`That checkpoint tells of another history of the first ${brought.size} entries.`);
  }
  const found = witnessesOf(ctx.settings).flatMap(({ key }) =>
    note.split("\n").flatMap((line) => {
      const cosignature = findCosignature(note, line, key);
      return cosignature === undefined ? [] : [{ key, ...cosignature }];
    }),
  );
  if (found.length === 0) throw refusal("No line under it is a valid cosignature of a witness of this profile.");
  const head = { size: brought.size, note: await signedByLog(kysely, note, formatCheckpoint(brought)) };
  const at = ctx.clock.now();
  const names = [...new Set(found.map(({ key }) => key.name))];
  await inTransaction(ctx.database, async (trx) => {
    for (const { key, line, time } of found) await keepCosignature(trx, key, head, { line, time, askedAt: toIso(at) });
    const detail = { size: head.size, witnesses: names };
    await recordAudit(trx, { at, actor: ctx.actor, action: "audit.cosign", target: brought.origin, detail });
  });
  return names;
}

/** @returns the checkpoint with the signatures of the log's own keys alone */
async function signedByLog(kysely: Kysely<Schema>, note: string, text: string): Promise<string> {
  const rows = await kysely.selectFrom("log_keys").select("verifier_key").execute();
  const keys = rows.flatMap(({ verifier_key }) => parseVerifierKey(verifier_key) ?? []);
  const lines = note.split("\n").filter((line) => {
    const alone = parseNote(`${text}\n${line}\n`);
    return alone !== undefined && isSignedBy(alone, keys);
  });
  if (lines.length === 0) throw refusal("It does not bear the signature of this log.");
  return `${text}\n${lines.map((line) => `${line}\n`).join("")}`;
}

const refusal = (message: string): FirebreakError => new FirebreakError("invalid_body", message);

/** @returns what witnesses say of this log; undefined when the profile names none */
export async function viewWitnesses({ database, settings }: WitnessContext): Promise<WitnessedView | undefined> {
  const witnesses = witnessesOf(settings);
  if (witnesses.length === 0) return undefined;
  const required = settings.witnessesRequired ?? witnesses.length;
  const known = await readKnown(database.kysely);
  const ids = witnesses.map(({ key }) => idOf(key));
  const state = await database.kysely.selectFrom("log_state").select("size").executeTakeFirst();
  const newest = await readWitnessed(database.kysely, ids, required);
  return {
    required,
    checkpoint: newest?.note ?? null,
    size: newest?.size ?? 0,
    witnessedAt: newest?.at.toISOString() ?? null,
    logSize: Number(state?.size ?? 0),
    witnesses: witnesses.map(({ key, url }) => {
      const row = known.get(key.name);
      const contradicts = row?.contradicts ?? false;
      const problem = row?.problem ?? null;
      return {
        name: key.name,
        size: Number(row?.size ?? 0),
        cosignedAt: row?.cosigned_at?.toISOString() ?? null,
        url: url ?? null,
        problem,
        failingSince: row?.failing_since?.toISOString() ?? null,
        contradicts,
        remedy: problem === null ? null : contradicts ? CONTRADICTED : UNANSWERED,
      };
    }),
  };
}

const CONTRADICTED =
  "Treat it as a changed log until you know better: run `firebreak audit verify`, export the log with `firebreak audit export`, and find out who could write to the database.";
const UNANSWERED =
  "Open its address from this machine, and see that its operator knows this log's name and key as `firebreak audit head` shows them.";

/** @returns the newest checkpoint that enough of these witnesses cosigned, and when the last of them did */
async function readWitnessed(
  kysely: Kysely<Schema>,
  witnesses: readonly string[],
  required: number,
): Promise<{ readonly size: number; readonly note: string; readonly at: Date } | undefined> {
  const row = await kysely
    .selectFrom("log_cosignatures as one")
    .innerJoin("log_heads as head", "head.size", "one.size")
    .where("one.witness", "in", witnesses)
    .groupBy(["head.size", "head.note"])
    .having((group) => group.fn.countAll(), ">=", required)
    .orderBy("head.size", "desc")
    .select((group) => [
      "head.size",
      "head.note",
      group.fn.max("one.at").as("at"),
      group.fn.agg<string[]>("array_agg", ["one.line"]).as("lines"),
    ])
    .limit(1)
    .executeTakeFirst();
  return row === undefined
    ? undefined
    : { size: Number(row.size), note: `${row.note}${row.lines.join("")}`, at: row.at };
}
