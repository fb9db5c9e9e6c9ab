import { randomBytes } from "node:crypto";
import { formatCheckpoint, hashLeaf, signNote, TreeReader } from "@firebreak/verifier";
import { sql } from "kysely";
import { toIso } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { Database, DueCondition, Trx } from "../../storage/index.ts";
import { appendLeaves } from "./append-leaves.ts";
import type { GrownTile, Leaf } from "./append-leaves.ts";
import { readRefs } from "./database-source.ts";
import { entryOf } from "./entry.ts";
import type { LogKey } from "./log-key.ts";
import { signersOf, verifierKeyOf } from "./log-key.ts";
import { createTileReader, readTile } from "./read-tiles.ts";

export interface TreeContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly logKey: LogKey;
}

/** Any fixed number: one node at a time grows the tree. */
const GROW_LOCK = 7_041_211;
const EVENTS_AT_ONCE = 4_096;
const ACTS_AT_ONCE = 1_024;
/** Longer entries are logged by their hash. */
const BYTES_IN_DATABASE = 0xffff;
/** A checkpoint is kept so often, to tell later between which two a change of history happened. */
const HEAD_EVERY_MS = 60_000;

/**
 * Whether {@link growTree} would append something. Events are looked for when numbers were given to some: those of a transaction
 * that was rolled back are never found.
 */
export const isTreeBehind: DueCondition = () => sql<boolean>`(
  exists (select from audit_log where leaf_index is null)
  or coalesce((
    select (select last_value from events_seq) > last_event_seq
      and exists (select from events where seq > last_event_seq)
    from log_state), true))`;

interface State {
  readonly origin: string;
  readonly size: number;
  readonly lastEventSeq: number;
}

/**
 * Appends what was committed since and is not in the tree, and signs the new checkpoint, in one transaction. Events go in the
 * order of their `seq`, which is that of their commits; acts in the order in which they are found. Does nothing while another
 * node is at it.
 *
 * @returns how many leaves were appended; as many as fit at once mean that there may be more
 */
export async function growTree(ctx: TreeContext): Promise<{ readonly appended: number; readonly mayBeMore: boolean }> {
  return ctx.database.kysely.transaction().execute(async (trx) => {
    const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_xact_lock(${GROW_LOCK}) as held`.execute(trx);
    if (rows[0]?.held !== true) return { appended: 0, mayBeMore: false };
    const state = await readState(trx);
    const acts = await readActs(trx);
    const events = await readEvents(trx, state.lastEventSeq);
    const leaves = [...acts, ...events];
    const isNew = state.origin === "";
    if (leaves.length === 0 && !isNew) return { appended: 0, mayBeMore: false };
    const origin = isNew ? drawOrigin() : state.origin;
    const tiles = await appendLeaves(state.size, leaves, async (level, index) => {
      const tile = await readTile(trx, level, index);
      return { hashes: tile?.hashes ?? Buffer.alloc(0), refs: tile?.refs ?? null };
    });
    const lastEventSeq = Number(events.at(-1)?.ref ?? state.lastEventSeq);
    await writeTiles(trx, tiles, state.lastEventSeq);
    await markActs(trx, acts, state.size);
    const signing = { at: ctx.clock.now(), logKey: ctx.logKey };
    await sign(trx, signing, { origin, size: state.size + leaves.length, lastEventSeq }, tiles);
    return {
      appended: leaves.length,
      mayBeMore: acts.length === ACTS_AT_ONCE || events.length === EVENTS_AT_ONCE,
    };
  });
}

/**
 * Gives a log that has not begun its name, and a first checkpoint over nothing: what is signed in the first moments of a home
 * must name the log that it belongs to.
 *
 * @returns the origin of the log
 */
export async function beginLog(trx: Trx, signing: Signing): Promise<string> {
  await sql`select pg_advisory_xact_lock(${GROW_LOCK})`.execute(trx);
  const state = await readState(trx);
  if (state.origin !== "") return state.origin;
  const origin = drawOrigin();
  await sign(trx, signing, { origin, size: 0, lastEventSeq: 0 }, []);
  return origin;
}

const drawOrigin = (): string => `firebreak/${randomBytes(16).toString("hex")}`;

async function readState(trx: Trx): Promise<State> {
  const row = await trx.selectFrom("log_state").selectAll().executeTakeFirst();
  if (row === undefined) return { origin: "", size: 0, lastEventSeq: 0 };
  return { origin: row.origin, size: Number(row.size), lastEventSeq: Number(row.last_event_seq) };
}

async function readActs(trx: Trx): Promise<Leaf[]> {
  const rows = await trx
    .selectFrom("audit_log")
    .select(["seq", "leaf", "leaf_hash"])
    .where("leaf_index", "is", null)
    .orderBy("seq")
    .limit(ACTS_AT_ONCE)
    .execute();
  return rows.map(({ seq, leaf, leaf_hash }) => ({ ref: -BigInt(seq), hash: isLong(leaf) ? hashOf(leaf) : leaf_hash }));
}

const isLong = (canonical: string): boolean => Buffer.byteLength(canonical) > BYTES_IN_DATABASE;
const hashOf = (canonical: string): Buffer => hashLeaf(entryOf(canonical));

/** The database hashes what it holds, so that the bodies need not travel. */
async function readEvents(trx: Trx, after: number): Promise<Leaf[]> {
  const { rows } = await sql<{ seq: string; hash: Buffer | null; body: string | null }>`
    select seq,
      case when octet_length(body) <= ${BYTES_IN_DATABASE} then sha256('\\x00'::bytea || convert_to(body, 'UTF8')) end as hash,
      case when octet_length(body) > ${BYTES_IN_DATABASE} then body end as body
    from events where seq > ${after} order by seq limit ${EVENTS_AT_ONCE}`.execute(trx);
  return rows.map(({ seq, hash, body }) => ({ ref: BigInt(seq), hash: hash ?? hashOf(body ?? "") }));
}

async function writeTiles(trx: Trx, tiles: readonly GrownTile[], before: number): Promise<void> {
  if (tiles.length === 0) return;
  let last = BigInt(before);
  const rows = tiles.map(({ level, index, hashes, refs }) => {
    for (const ref of refs === null ? [] : readRefs(refs)) if (ref > last) last = ref;
    return { level, index: String(index), hashes, refs, last_event_seq: refs === null ? null : String(last) };
  });
  await trx
    .insertInto("log_tiles")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["level", "index"]).doUpdateSet((set) => ({
        hashes: set.ref("excluded.hashes"),
        refs: set.ref("excluded.refs"),
        last_event_seq: set.ref("excluded.last_event_seq"),
      })),
    )
    .execute();
}

async function markActs(trx: Trx, acts: readonly Leaf[], from: number): Promise<void> {
  if (acts.length === 0) return;
  const seqs = acts.map(({ ref }) => String(-ref));
  const places = acts.map((_, at) => String(from + at));
  await sql`
    update audit_log set leaf_index = one.place
    from unnest(${seqs}::bigint[], ${places}::bigint[]) as one (seq, place) where audit_log.seq = one.seq`.execute(trx);
}

interface Signing {
  /** milliseconds since 1970 */
  readonly at: number;
  readonly logKey: LogKey;
}

async function sign(trx: Trx, { at: atMs, logKey }: Signing, state: State, tiles: readonly GrownTile[]): Promise<void> {
  const { origin, size, lastEventSeq } = state;
  const fresh = new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]));
  const readStored = createTileReader(trx);
  const tree = new TreeReader(size, async (id) => {
    const hashes = fresh.get(`${id.level}/${id.index}`) ?? (await readStored(id));
    if (hashes.length === 0) throw new Error(`tile ${id.index} of level ${id.level} is missing from the log`);
    return hashes;
  });
  const text = formatCheckpoint({ origin, size, root: await tree.root() });
  const note = signNote(text, ...signersOf(logKey, origin));
  const at = toIso(atMs);
  const row = { origin, size: String(size), last_event_seq: String(lastEventSeq), note, signed_at: at };
  await trx
    .insertInto("log_state")
    .values({ id: 1, ...row })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
  await trx
    .insertInto("log_keys")
    .values({ verifier_key: verifierKeyOf(logKey, origin), at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await sql`
    insert into log_heads (size, at, note) select ${size}, ${at}, ${note}
    where not exists (select from log_heads where at > ${toIso(atMs - HEAD_EVERY_MS)})
    on conflict do nothing`.execute(trx);
}
