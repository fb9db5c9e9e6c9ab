// The peer of the intake benchmark: a bare Fastify in front of the same embedded PostgreSQL. One JSON parameter per
// commit, concurrent requests gathered into one commit; no authentication, validation, canonical text, repeats,
// partitions, indexes, agents or rules.
//
//   node bench/intake-prototype.mjs HOME    prints its port as JSON; ends on SIGTERM
import { createNewId, silentLogger, systemClock } from "../packages/server/dist/kernel/index.js";
import { openDatabase } from "../packages/server/dist/storage/index.js";
import { requireAsServer } from "./lib/firebreak.mjs";

const EVENTS_PER_COMMIT = 2_000;

const home = process.argv[2];
const database = await openDatabase({
  home,
  clock: systemClock,
  newId: createNewId(() => systemClock.now()),
  logger: silentLogger,
});
await database.pool.query(
  "create table if not exists bare_events (id text, time timestamptz, agent text, kind text, body jsonb)",
);

const queue = [];
let isWriting = false;

function store(events) {
  return new Promise((resolve, reject) => {
    queue.push({ events, resolve, reject });
    if (!isWriting) void writeAll();
  });
}

async function writeAll() {
  isWriting = true;
  while (queue.length > 0) {
    const units = takeUnits();
    try {
      const rows = JSON.stringify(units.flatMap((unit) => unit.events));
      await database.pool.query(
        `insert into bare_events
         select row->>'id', (row->>'time')::timestamptz, row->'agent'->>'id', row->>'kind', row
         from jsonb_array_elements($1::jsonb) as row`,
        [rows],
      );
      for (const unit of units) unit.resolve(unit.events.length);
    } catch (error) {
      for (const unit of units) unit.reject(error);
    }
  }
  isWriting = false;
}

function takeUnits() {
  let events = 0;
  let taken = 0;
  for (const unit of queue) {
    events += unit.events.length;
    if (taken > 0 && events > EVENTS_PER_COMMIT) break;
    taken += 1;
  }
  return queue.splice(0, taken);
}

const app = requireAsServer("fastify")({ bodyLimit: 16 * 1024 * 1024 });
app.addContentTypeParser("application/x-ndjson", { parseAs: "string" }, (_request, text, done) => {
  done(
    null,
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );
});
app.route({ method: "POST", url: "/events", handler: answer });
await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`${JSON.stringify({ port: app.server.address().port })}\n`);

process.once("SIGTERM", () => void close());

async function answer(request) {
  const events = Array.isArray(request.body) ? request.body : [request.body];
  return { accepted: await store(events) };
}

async function close() {
  await app.close();
  await database.close();
}
