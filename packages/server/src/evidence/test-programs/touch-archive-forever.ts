import { createReadStream, createWriteStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { systemClock } from "../../kernel/index.ts";
import { ArchiveWriter } from "../archive-writer.ts";
import { writeArchiveTar } from "../carrier/write-tar.ts";
import { appendCustody } from "../custody.ts";
import { writeSampleArchive } from "../testing.ts";

/**
 * Does to archives what a server does, over and over, until it is killed: makes one, and exports and writes the custody of
 * the one that is finished. Says when it began.
 */
const [home = "", finished = "", manifestSha256 = ""] = process.argv.slice(2);
process.stdout.write("begun\n");
for (let round = 0; ; round++) {
  await writeSampleArchive(home, { big: Buffer.alloc(300_000, round) });
  await pipeline(writeArchiveTar(finished, path.basename(finished), 0), createWriteStream(`${home}/export.tar`));
  const entry = { at: "2026-03-01T03:00:09.000Z", actor: "user ada", reason: "again", manifest_sha256: manifestSha256 };
  appendCustody(finished, { ...entry, act: "exported" });
  const half = new ArchiveWriter(`${home}/evidence/half-${process.pid}-${round}`, systemClock);
  const limits = { bytesMax: 10_000_000, signal: new AbortController().signal };
  await half.addStream({ name: "x", description: "", metadata: {} }, createReadStream(process.execPath), limits);
}
