/**
 * Durable intake at the room: NDJSON in, commit out, on the bundled PostgreSQL with fsync. 1 KB events in batches of 500
 * from 8 senders, then single events from 64 senders. Budgets in DESIGN 13 are for HTTP, which comes on top.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNewId, DEFAULT_REDACTION, silentLogger, systemClock } from "../packages/server/src/kernel/index.ts";
import { createRedactor } from "../packages/server/src/redaction/index.ts";
import { ensureEventPartitions, openDatabase } from "../packages/server/src/storage/index.ts";
import type { Database } from "../packages/server/src/storage/index.ts";
import { createIntake, parseEventBatch } from "../packages/server/src/telemetry/index.ts";

export interface IntakeResult {
  readonly name: string;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly p99Ms: number;
}

const redactor = createRedactor(DEFAULT_REDACTION);
const EVENT_BYTES = 1024;
const SECONDS = 8;
const WARM_UP_SECONDS = 2;

interface Load {
  readonly name: string;
  readonly senders: number;
  readonly batch: number;
  readonly withIds: boolean;
}

const LOADS: readonly Load[] = [
  { name: "NDJSON batches of 500, 8 senders", senders: 8, batch: 500, withIds: true },
  { name: "NDJSON batches of 500, 8 senders, ids made here", senders: 8, batch: 500, withIds: false },
  { name: "single events, 64 senders", senders: 64, batch: 1, withIds: true },
];

export async function benchIntake(): Promise<IntakeResult[]> {
  const home = mkdtempSync(join(tmpdir(), "firebreak-bench-"));
  const database = await openDatabase({ home, clock: systemClock, logger: silentLogger });
  try {
    await ensureEventPartitions(database.kysely, systemClock.now());
    const results: IntakeResult[] = [];
    for (const load of LOADS) results.push(await runLoad(database, load));
    results.push(await benchParsing());
    return results;
  } finally {
    await database.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function runLoad(database: Database, load: Load): Promise<IntakeResult> {
  const newId = createNewId(() => systemClock.now());
  const intake = createIntake({
    database,
    clock: systemClock,
    newId,
    logger: silentLogger,
    redactor,
    onStored: () => {},
  });
  const latenciesMs: number[] = [];
  const startMs = systemClock.monotonicMs();
  const measureFromMs = startMs + WARM_UP_SECONDS * 1000;
  const endMs = measureFromMs + SECONDS * 1000;
  let events = 0;
  const send = async (sender: number) => {
    let number = 0;
    while (systemClock.monotonicMs() < endMs) {
      const body = makeBody(load, `${sender}-${startMs}-${(number += 1)}`);
      const beginMs = systemClock.monotonicMs();
      const batch = await parseEventBatch(body, "application/x-ndjson", systemClock.now());
      const receipt = await intake.accept(batch, { name: "bench" });
      const doneMs = systemClock.monotonicMs();
      if (receipt.accepted !== load.batch) throw new Error(`accepted ${receipt.accepted} of ${load.batch}`);
      if (doneMs < measureFromMs || doneMs > endMs) continue;
      events += receipt.accepted;
      latenciesMs.push(doneMs - beginMs);
    }
  };
  await Promise.all(Array.from({ length: load.senders }, (_, sender) => send(sender)));
  await intake.close();
  latenciesMs.sort((a, b) => a - b);
  const p99Ms = latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? 0;
  return { name: load.name, events, eventsPerSecond: Math.round(events / SECONDS), p99Ms: Math.round(p99Ms * 10) / 10 };
}

/** The cost of making a body is small beside the rest: one text is made once, ids and times are put in. */
const [HEAD, TAIL] = makeTemplate();

function makeBody(load: Load, key: string): Buffer {
  const time = new Date(systemClock.now()).toISOString();
  let text = "";
  for (let i = 0; i < load.batch; i++) {
    text += load.withIds ? `{"id":"${key}-${i}","time":"${time}",${HEAD}${i % 50}${TAIL}` : `{${HEAD}${i % 50}${TAIL}`;
  }
  return Buffer.from(text);
}

function makeTemplate(): [string, string] {
  const data = {
    command: "grep -rn 'foo bar' /srv/project/src --include=*.ts | head -40",
    image: "/usr/bin/grep",
    parent_image: "/bin/bash",
    cwd: "/srv/project",
    user: "agent",
    pid: 12345,
    ppid: 1234,
    exit_code: 0,
    duration_ms: 12.5,
    tags: ["search", "read only"],
    output: "src/index.ts:12: a line of output\n".repeat(30),
  };
  const head =
    '"source":"supervisor","agent":{"pack":"research","session":"ses_01HF00000000000000000000AA","id":"scout-';
  const tail = `"},"kind":"command","outcome":"success","data":${JSON.stringify(data)}}\n`;
  const surplus = Buffer.byteLength(head + tail) + 60 - EVENT_BYTES;
  const output = data.output.slice(0, Math.max(0, data.output.length - Math.ceil(surplus * 0.97)));
  return [head, `"},"kind":"command","outcome":"success","data":${JSON.stringify({ ...data, output })}}\n`];
}

async function benchParsing(): Promise<IntakeResult> {
  const body = makeBody({ name: "", senders: 1, batch: 500, withIds: true }, "parse");
  const bytes = Math.round(body.length / 500);
  const startMs = systemClock.monotonicMs();
  let events = 0;
  while (systemClock.monotonicMs() - startMs < 2000) {
    events += (await parseEventBatch(body, "application/x-ndjson", systemClock.now())).events.length;
  }
  const seconds = (systemClock.monotonicMs() - startMs) / 1000;
  return {
    name: `parse and validate only, ${bytes} bytes`,
    events,
    eventsPerSecond: Math.round(events / seconds),
    p99Ms: 0,
  };
}
