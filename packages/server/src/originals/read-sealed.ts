import type { Actor, ErasureView, OriginalState, RedactionCategory } from "@firebreak/protocol";
import { FirebreakError, toIso } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { unwrapKey } from "./data-keys.ts";
import type { DataKey } from "./data-keys.ts";
import type { Originals } from "./originals.ts";
import { keyNameOf } from "./seal-originals.ts";
import type { EventName } from "./seal-originals.ts";

type Kysely = Database["kysely"];

export interface FoundEvent extends EventName {
  readonly kept: readonly RedactionCategory[];
}

const TIMES_MAX = 20;

/**
 * @param time where several events have the id
 * @returns the event as far as its originals need it
 * @throws FirebreakError not_found, conflict (several have the id)
 */
export async function findRedactedEvent(kysely: Kysely, id: string, time: string | undefined): Promise<FoundEvent> {
  let query = kysely.selectFrom("events").select(["time", "agent_id", "body"]).where("id", "=", textKey(id));
  if (time !== undefined) query = query.where("time", "=", new Date(time));
  const rows = await query.orderBy("seq").limit(TIMES_MAX).execute();
  const [row] = rows;
  if (row === undefined) throw new FirebreakError("not_found", `There is no event ${id.slice(0, 128)}.`);
  if (rows.length > 1) {
    const times = rows.map((one) => one.time.toISOString()).join(", ");
    throw new FirebreakError("conflict", `Several events have this id; name the time of one of them: ${times}.`);
  }
  return { id, time: row.time.toISOString(), agentId: row.agent_id, kept: keptCategories(row.body) };
}

/** PostgreSQL text holds no NUL; nothing stored can match such a key. */
function textKey(id: string): string {
  if (!id.includes("\u0000")) return id;
  throw new FirebreakError("bad_request", "The id of an event cannot hold the character U+0000.");
}

/** Guarantee: a stored body was written from a checked event. */
function keptCategories(body: string): RedactionCategory[] {
  const { redacted = [] } = JSON.parse(body) as { redacted?: { category: RedactionCategory; kept?: boolean }[] };
  return [...new Set(redacted.filter(({ kept }) => kept === true).map(({ category }) => category))];
}

/** The originals of one category of an event, as they lie there. */
export interface SealedItem {
  readonly category: RedactionCategory;
  readonly state: OriginalState;
  /** why they cannot be read, or null */
  readonly problem: string | null;
  readonly erasure: ErasureView | null;
  /** exactly when the state is `kept` */
  readonly open: { readonly key: DataKey; readonly sealed: Buffer } | null;
}

/** What was kept of an event, category by category. */
export async function readSealed(kysely: Kysely, originals: Originals, event: FoundEvent): Promise<SealedItem[]> {
  const rows = await kysely
    .selectFrom("originals")
    .leftJoin("original_keys", "original_keys.id", "originals.key_id")
    .select(["originals.category", "sealed", "key_id", "kek_id", "wrapped", "erasure_id"])
    .where("event_id", "=", event.id)
    .where("event_time", "=", new Date(event.time))
    .execute();
  const erasures = await readErasures(kysely, event);
  const byCategory = new Map(rows.map((row) => [row.category, row]));
  const categories = new Set([...event.kept, ...byCategory.keys()]);
  return [...categories].map((category) => {
    const row = byCategory.get(category);
    const erasure = row === undefined ? erasures.byCategory.get(category) : erasures.byId.get(row.erasure_id ?? "");
    if (erasure !== undefined) return { category, state: "erased", problem: sayErased(erasure), erasure, open: null };
    if (row?.wrapped == null) return unreadable(category, "missing", GONE);
    return openRow(originals, event, { ...row, category, wrapped: row.wrapped });
  });
}

const KEY_CHANGED = "Its key was changed in the database and opens nothing.";
const GONE = "It should be there and is not: somebody removed it from the database.";
const unreadable = (category: RedactionCategory, state: OriginalState, problem: string): SealedItem => ({
  category,
  state,
  problem,
  erasure: null,
  open: null,
});

interface Row {
  readonly category: RedactionCategory;
  readonly key_id: string;
  readonly kek_id: string | null;
  readonly wrapped: Buffer;
  readonly sealed: Buffer;
}

function openRow({ keys, problem }: Originals, event: FoundEvent, row: Row): SealedItem {
  const { category, key_id: id, kek_id: kekId, wrapped, sealed } = row;
  if (keys === null) return unreadable(category, "locked", `The key is not there: ${problem ?? ""}`);
  const kek = keys.ring.find(kekId ?? "");
  if (kek === undefined) return unreadable(category, "locked", sayLocked(kekId ?? ""));
  const key = unwrapKey(kek, id, keyNameOf(event, category), wrapped);
  if (key === null) return unreadable(category, "missing", KEY_CHANGED);
  return { category, state: "kept", problem: null, erasure: null, open: { key: { id, key }, sealed } };
}

function sayLocked(kekId: string): string {
  if (kekId.startsWith("changed:")) return KEY_CHANGED;
  return `It was encrypted with the key ${kekId}, which is not in this home: ask the server that stored it, or bring the key back.`;
}

function sayErased({ at, by, reason }: ErasureView): string {
  return `It was erased on ${at} by ${by.name}: ${reason}`;
}

/** The erasures that took keys of this event's agent and day. */
async function readErasures(kysely: Kysely, event: FoundEvent) {
  const rows = await kysely
    .selectFrom("original_keys")
    .innerJoin("erasures", "erasures.id", "original_keys.erasure_id")
    .select([
      "category",
      "erasures.id",
      "erasures.at",
      "erasures.actor",
      "erasures.reason",
      "erasures.scope",
      "erasures.keys",
    ])
    .where("agent_id", "=", event.agentId)
    .where("day", "=", event.time.slice(0, 10))
    .orderBy("erasures.at")
    .execute();
  const views = rows.map((row) => [row.category, toErasureView(row)] as const);
  return { byCategory: new Map(views), byId: new Map(views.map(([, view]) => [view.id, view])) };
}

export function toErasureView(row: {
  readonly id: string;
  readonly at: Date;
  readonly actor: Actor;
  readonly reason: string;
  readonly scope: ErasureView["scope"];
  readonly keys: number;
}): ErasureView {
  const { id, at, actor, reason, scope, keys } = row;
  return { id, at: toIso(at.getTime()), by: actor, reason, scope, keys };
}
