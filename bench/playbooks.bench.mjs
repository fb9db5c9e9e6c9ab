import { defineEffector, TOUCHES_NOTHING } from "../packages/server/dist/containment/index.js";
import { createNewId, silentLogger, systemClock } from "../packages/server/dist/kernel/index.js";
import { checkPlaybook, executeRun, requestRun } from "../packages/server/dist/playbooks/index.js";
import { createDurableWork, inTransaction, openDatabase } from "../packages/server/dist/storage/index.js";
import { makeTempDir, removeDir, requireAsServer, until } from "./lib/firebreak.mjs";

const { z } = requireAsServer("zod");
const { sql } = requireAsServer("kysely");

const RUNS = 1000;
const STEPS = 5;
const SINGLE_RUNS = 60;
const PEER_STEPS = 300;
const ACTOR = { kind: "daemon", id: "bench", name: "bench" };

/** What a step costs beside what its effector does, and a thousand runs at once, on the bundled PostgreSQL with fsync. */
export async function run() {
  const home = makeTempDir();
  const database = await openDatabase({ home, clock: systemClock, logger: silentLogger });
  try {
    const bench = createBench(database, home);
    await runEach(bench, 5); // warm up
    const single = await runEach(bench, SINGLE_RUNS);
    const many = await runAtOnce(bench);
    const peer = await measurePeer(database);
    const rate = Math.round((RUNS * STEPS) / many.seconds);
    const total = `${RUNS} runs ended after ${many.seconds.toFixed(1)} s: ${rate} steps/s`;
    return [
      row("step overhead with its journal, one run", single, "from one effector's call to the next one's"),
      row("step overhead with its journal, 1,000 runs at once", many.overheads, total),
      {
        what: "two bare transactions that write the same rows",
        unit: "ms",
        values: peer,
        note: "the journal of a step without anything that decides, tells or audits",
      },
    ];
  } finally {
    await database.close();
    removeDir(home);
  }
}

function row(what, values, note) {
  return { what, unit: "ms", values, budget: { max: 15 }, note };
}

function createBench(database, home) {
  const calls = new Map();
  const effector = defineEffector({
    name: "bench.nothing",
    title: "Nothing",
    destroysEvidence: false,
    idempotent: true,
    expiry: "none",
    parameters: z.strictObject({}),
    blastRadius: async () => TOUCHES_NOTHING,
    preview: async () => [],
    apply: async ({ runId }) => {
      const times = calls.get(runId) ?? [];
      calls.set(runId, [...times, performance.now()]);
      return { ok: true, output: {}, message: "nothing" };
    },
    verify: async () => ({ ok: true, output: {}, message: "nothing" }),
    undo: async () => ({ ok: true, output: {}, message: "nothing" }),
  });
  const effectors = new Map([[effector.name, effector]]);
  const steps = Array.from({ length: STEPS }, (_, index) => ({
    id: `step-${index}`,
    title: `Step ${index}`,
    type: "action",
    effector: effector.name,
    timeBox: "10s",
    undo: "none",
  }));
  const text = JSON.stringify({ id: "bench", title: "Bench", description: "x", phases: [{ id: "contain", steps }] });
  const { playbook, problems } = checkPlaybook("bench.yaml", text, effectors);
  if (playbook === null) throw new Error(`the playbook does not load: ${JSON.stringify(problems)}`);
  const newId = createNewId(() => systemClock.now());
  const common = { database, clock: systemClock, newId, logger: silentLogger, home };
  const ctx = { ...common, effectors, readSecret: async () => undefined };
  return { database, home, calls, ctx, verbs: { ...ctx, actor: ACTOR, playbooks: new Map([["bench", playbook]]) } };
}

async function request({ database, verbs }) {
  const wanted = { playbookId: "bench", incidentId: null, inputs: {} };
  const { runId } = await inTransaction(database, (trx) => requestRun(trx, verbs, wanted));
  return runId;
}

async function runEach(bench, runs) {
  bench.calls.clear();
  for (let count = 0; count < runs; count++) {
    const progress = await executeRun(bench.ctx, await request(bench));
    if (progress.kind !== "ended" || progress.state !== "completed") throw new Error(JSON.stringify(progress));
  }
  return overheadsOf(bench);
}

/** As a server does it: the runs are requested, and the work engine executes them. */
async function runAtOnce(bench) {
  const { database, home, ctx } = bench;
  await sql`delete from graphile_worker._private_jobs`.execute(database.kysely);
  for (let count = 0; count < RUNS; count++) await request(bench);
  bench.calls.clear();
  const work = createDurableWork({ database, clock: systemClock, logger: silentLogger, nodeId: "bench", home });
  let ended = 0;
  work.define("run.requested", async ({ runId }) => {
    const progress = await executeRun(ctx, runId);
    if (progress.kind === "ended") ended += 1;
  });
  work.define("run.ended", async () => {});
  const began = performance.now();
  await work.start();
  await until("the runs to end", async () => ended >= RUNS || undefined, { withinMs: 120_000, everyMs: 20 });
  const seconds = (performance.now() - began) / 1000;
  await work.stop();
  const { rows } = await sql`select count(*)::int as left from playbook_runs where state <> 'completed'`.execute(
    database.kysely,
  );
  if (rows[0].left !== 0) throw new Error(`${rows[0].left} runs are not completed`);
  return { seconds, overheads: overheadsOf(bench) };
}

function overheadsOf({ calls }) {
  return [...calls.values()].flatMap((times) => times.slice(1).map((time, index) => time - times[index]));
}

async function measurePeer(database) {
  await sql`create table bench_peer (id int primary key, state text, body jsonb)`.execute(database.kysely);
  await sql`create table bench_peer_log (id bigserial primary key, body jsonb)`.execute(database.kysely);
  const values = [];
  for (let id = 0; id < PEER_STEPS; id++) {
    await sql`insert into bench_peer values (${id}, 'pending', '{}')`.execute(database.kysely);
    const began = performance.now();
    await inTransaction(database, (trx) => sql`update bench_peer set state = 'running' where id = ${id}`.execute(trx));
    await inTransaction(database, async (trx) => {
      await sql`update bench_peer set state = 'succeeded', body = '{"a":1}' where id = ${id}`.execute(trx);
      await sql`insert into bench_peer_log (body) values ('{"a":1}')`.execute(trx);
    });
    values.push(performance.now() - began);
  }
  return values;
}
