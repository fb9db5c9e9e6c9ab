import { growTree, openLogKey, proveEntry, recordAudit } from "../packages/server/dist/audit/index.js";
import { createTileReader } from "../packages/server/dist/audit/tree/read-tiles.js";
import { silentLogger, systemClock } from "../packages/server/dist/kernel/index.js";
import { ensureEventPartitions, openDatabase } from "../packages/server/dist/storage/index.js";
import {
  formatCheckpoint,
  hashesAt,
  hashLeaf,
  parseProofFile,
  rootWithin,
  signNote,
  TILE_WIDTH,
  TreeReader,
  verifyInclusion,
} from "../packages/verifier/dist/index.js";
import { makeTempDir, removeDir, requireAsServer } from "./lib/firebreak.mjs";
import { processorMsOf, treeOf } from "./lib/processes.mjs";

const { sql } = requireAsServer("kysely");

const ROUNDS = 5;
const EVENTS = 20_480;
const LEAVES = 10_000_000;
const ACTS = 2_560;
const PROOFS = 300;

/** What the tree over events costs, and how long a proof takes in one of ten million leaves. */
export async function run() {
  const home = makeTempDir();
  try {
    const database = await openDatabase({ home, clock: systemClock, logger: silentLogger });
    try {
      await ensureEventPartitions(database.kysely, systemClock.now());
      return [...(await measureGrowth(database, home)), await measureProofs(database, home)];
    } finally {
      await database.close();
    }
  } finally {
    removeDir(home);
  }
}

async function measureGrowth(database, home) {
  const logKey = openLogKey(home);
  const elapsed = [];
  const processor = [];
  for (let round = -1; round < ROUNDS; round++) {
    await insertEvents(database);
    const before = ownProcessorMs();
    const startedMs = performance.now();
    let appended = 0;
    for (let mayBeMore = true; mayBeMore;) {
      const grown = await growTree({ database, clock: systemClock, logKey });
      appended += grown.appended;
      mayBeMore = grown.mayBeMore;
    }
    if (appended < EVENTS) throw new Error(`only ${appended} of ${EVENTS} events were appended`);
    if (round < 0) continue;
    elapsed.push(((performance.now() - startedMs) * 1000) / appended);
    processor.push(((ownProcessorMs() - before) * 1000) / appended);
  }
  const what = "append an event of 1 KB to the tree: leaf hash, tiles, signed checkpoint, commit";
  return [
    { what, unit: "µs", values: elapsed, budget: { max: 10 }, note: `${EVENTS} events waiting` },
    { what: "the same, processor time of Node and PostgreSQL", unit: "µs", values: processor },
  ];
}

const ownProcessorMs = () => treeOf(process.pid).reduce((sum, pid) => sum + processorMsOf(pid), 0);

async function insertEvents({ kysely }) {
  await sql`
    insert into events (id, time, received_at, source, agent_id, kind, outcome, body)
    select gen_random_uuid()::text, now(), now(), 'bench', 'scout', 'log', 'success',
      '{"agent":{"id":"scout"},"data":{"output":"' || repeat(md5(i::text), 28) || '"},"kind":"log"}'
    from generate_series(1, ${EVENTS}::int) i`.execute(kysely);
}

/** A true log of ten million entries, which are the same acts again and again: few of its tiles differ. */
async function measureProofs({ kysely }, home) {
  const logKey = openLogKey(home);
  await sql`truncate log_tiles, audit_log`.execute(kysely);
  const leaves = await insertActs(kysely);
  const tiles = Array.from({ length: leaves.length / TILE_WIDTH }, (_, at) =>
    Buffer.concat(leaves.slice(at * TILE_WIDTH, (at + 1) * TILE_WIDTH).map(({ hash }) => hash)),
  );
  const refs = tiles.map((_, at) =>
    Buffer.concat(leaves.slice(at * TILE_WIDTH, (at + 1) * TILE_WIDTH).map(({ ref }) => ref)),
  );
  await sql`
    insert into log_tiles (level, index, hashes, refs)
    select 0, i, substr(hashes, 1, count * 32), substr(refs, 1, count * 8)
    from unnest(${tiles}::bytea[], ${refs}::bytea[]) with ordinality as tile (hashes, refs, number)
    join lateral (select i, least(256, ${LEAVES}::int - i * 256) as count
      from generate_series(number::int - 1, ${Math.ceil(LEAVES / TILE_WIDTH) - 1}::int, ${tiles.length}::int) i) i on true`.execute(
    kysely,
  );
  const roots = tiles.map((tile) => rootWithin(tile, 0, TILE_WIDTH));
  await insertUpperTiles(kysely, (at) => roots[at % roots.length]);
  await sql`analyze log_tiles`.execute(kysely);
  const root = await new TreeReader(LEAVES, createTileReader(kysely)).root();
  const text = formatCheckpoint({ origin: "bench", size: LEAVES, root });
  const note = signNote(text, { name: "bench", publicKey: logKey.publicKey, sign: logKey.sign });
  await sql`update log_state set origin = 'bench', size = ${LEAVES}, note = ${note}`.execute(kysely);
  const values = [];
  for (let number = -20; number < PROOFS; number++) {
    const index = (Math.abs(number) * 7_919_993) % LEAVES;
    const startedMs = performance.now();
    const proved = await proveEntry({ database: { kysely } }, { index });
    if (number >= 0) values.push(performance.now() - startedMs);
    const { path } = parseProofFile(proved.proof);
    const leafHash = hashLeaf(Buffer.from(proved.entry, "base64"));
    if (!verifyInclusion({ index, size: LEAVES, leafHash, root, path }))
      throw new Error(`entry ${index} is not proved`);
  }
  return {
    what: "proof that an entry is in a log of 10,000,000",
    unit: "ms",
    values,
    budget: { max: 5, at: "p95" },
    note: "everything that `audit prove` asks of the database, entry and signed checkpoint included; each proof is verified",
  };
}

/** @returns the leaves, each with its hash and what a tile says that it stands for */
async function insertActs(kysely) {
  const actor = { kind: "daemon", id: "bench", name: "bench" };
  await kysely.transaction().execute(async (trx) => {
    for (let number = 0; number < ACTS; number++) {
      await recordAudit(trx, { at: number, actor, action: "bench.act", target: null, detail: { number } });
    }
  });
  const { rows } = await sql`select seq, leaf_hash from audit_log order by seq`.execute(kysely);
  return rows.map(({ seq, leaf_hash }) => {
    const ref = Buffer.alloc(8);
    ref.writeBigInt64BE(-BigInt(seq));
    return { hash: leaf_hash, ref };
  });
}

async function insertUpperTiles(kysely, hashOfFirst) {
  let hashOf = hashOfFirst;
  for (let level = 1, count = hashesAt(1, LEAVES); count > 0; level++, count = hashesAt(level, LEAVES)) {
    const hashes = Array.from({ length: count }, (_, at) => hashOf(at));
    const rows = [];
    for (let at = 0; at < count; at += TILE_WIDTH) {
      rows.push({ level, index: at / TILE_WIDTH, hashes: Buffer.concat(hashes.slice(at, at + TILE_WIDTH)) });
    }
    await kysely.insertInto("log_tiles").values(rows).execute();
    hashOf = (at) => rootWithin(rows[at].hashes, 0, TILE_WIDTH);
  }
}
