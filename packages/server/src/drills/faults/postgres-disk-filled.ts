import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { messageOf } from "../../kernel/index.ts";
import { findMissingDisk } from "../sandbox/mount-disk.ts";
import { askPostgres, postgresPlace } from "../services/ask-postgres.ts";
import type { PostgresPlace } from "../services/ask-postgres.ts";
import { defineFault } from "./fault.ts";

const [ROWS, ROW_BYTES, PIECES_MAX] = [1000, 1000, 600];
const PAGE_BYTES = 4096;
const PIECE = Buffer.alloc(1024 * 1024, 0x6c);

/**
 * Old logs and more and more rows fill the disk on which a PostgreSQL of the drill keeps its data, until it refuses to store. The rows are
 * not logged ahead: what is written ahead has no room either, and the server would end instead.
 */
export const postgresDiskFilled = defineFault({
  kind: "postgres-disk-filled",
  about:
    "`logsMegabytes` (40) of old logs in `${fault.logs}`, and rows, fill the `disk` of a PostgreSQL (with `diskMegabytes`) until it refuses to store; needs root on Linux",
  parameters: postgresPlace.extend({
    disk: z.string().min(1),
    logsMegabytes: z.number().int().min(1).max(256).default(40),
  }),
  findMissing: findMissingDisk,
  cause: async (_ctx, { disk, logsMegabytes, ...place }) => {
    const logs = path.join(disk, "logs");
    mkdirSync(logs);
    const file = path.join(logs, "app.log.1");
    for (let written = 0; written < logsMegabytes; written++) writeFileSync(file, PIECE, { flag: "a" });
    // a year old: what a clean-up may take
    const old = spawnSync("touch", ["-d", "1 year ago", file], { encoding: "utf8" });
    if (old.status !== 0) throw new Error(`touch: ${old.stderr.trim()}`);
    const spare = path.join(disk, "spare");
    writeFileSync(spare, Buffer.alloc(PAGE_BYTES));
    const refusal = await fill(place, spare);
    return { what: `PostgreSQL stores no more: ${refusal}`, facts: { disk, logs } };
  },
});

/** @param spare a file of one page of memory @returns what the server says when its disk is full */
async function fill(place: PostgresPlace, spare: string): Promise<string> {
  await askPostgres(place, "create unlogged table filler (row text)");
  const rows = `select repeat('x', ${ROW_BYTES}) from generate_series(1, ${ROWS})`;
  for (let piece = 0; piece < PIECES_MAX; piece++) {
    try {
      await askPostgres(place, `insert into filler ${rows}`);
    } catch (fault) {
      const message = messageOf(fault);
      if (/No space left on device/.test(message)) return message;
      // half of its page had room: with the other half the next one has none at all
      if (!/wrote only \d+ of \d+ bytes/.test(message)) throw fault;
      rmSync(spare, { force: true });
    }
  }
  throw new Error("PostgreSQL took everything: its disk has no fixed size");
}
