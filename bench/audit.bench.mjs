import { growTree, openLogKey } from "../packages/server/dist/audit/index.js";
import { silentLogger, systemClock } from "../packages/server/dist/kernel/index.js";
import { ensureEventPartitions, openDatabase } from "../packages/server/dist/storage/index.js";
import { TreeReader } from "../packages/verifier/dist/index.js";
import { makeTempDir, removeDir, requireAsServer } from "./lib/firebreak.mjs";
import { processorMsOf, treeOf } from "./lib/processes.mjs";

const { sql } = requireAsServer("kysely");

const ROUNDS = 5;
const EVENTS = 20_480;
const LEAVES = 10_000_000;
const PROOFS = 300;

/** What the tree over events costs, and how long a proof takes in one of ten million leaves. */
export async function run() {
  const home = makeTempDir();
  try {
    const database = await openDatabase({ home, clock: systemClock, logger: silentLogger });
    try {
      await ensureEventPartitions(database.kysely, systemClock.now());
      return [...(await measureGrowth(database, home)), await measureProofs(database)];
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

/** Tiles of hashes that nobody knows the leaves of: a proof reads nothing else. */
async function measureProofs({ kysely }) {
  await sql`truncate log_tiles`.execute(kysely);
  for (let level = 0, hashes = LEAVES; hashes > 0; level++, hashes = Math.floor(hashes / 256)) {
    await sql`
      insert into log_tiles (level, index, hashes)
      select ${level}::int, i, (
        select string_agg(sha256((${level}::int || '/' || i || '/' || place)::bytea), ''::bytea order by place)
        from generate_series(0, least(255, ${hashes}::bigint - i * 256 - 1)) place)
      from generate_series(0, (${hashes}::bigint - 1) / 256) i`.execute(kysely);
  }
  const read = async ({ level, index }) => {
    const { rows } = await sql`
      select hashes from log_tiles where level = ${level} and index = ${index}`.execute(kysely);
    return rows[0].hashes;
  };
  const values = [];
  for (let number = -20; number < PROOFS; number++) {
    const index = (Math.abs(number) * 7_919_993) % LEAVES;
    const startedMs = performance.now();
    const proof = await new TreeReader(LEAVES, read).inclusionProof(index);
    if (number >= 0) values.push(performance.now() - startedMs);
    if (proof.length < 8) throw new Error("the proof is too short");
  }
  return {
    what: "proof that an entry is in a log of 10,000,000",
    unit: "ms",
    values,
    budget: { max: 5, at: "p95" },
    note: "hashes read from the database; their tiles hold made-up hashes, so the proof is built and not verified",
  };
}
