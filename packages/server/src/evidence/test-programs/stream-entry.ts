import { systemClock } from "../../kernel/index.ts";
import { ArchiveWriter } from "../archive-writer.ts";

/** Writes an item of many megabytes into a new archive, and prints its size and by how much memory grew meanwhile. */
const [directory = "", megabytes = "1"] = process.argv.slice(2);

async function* source(): AsyncGenerator<Buffer> {
  for (let index = 0; index < Number(megabytes); index++) yield Buffer.alloc(1024 * 1024, index);
}

const writer = new ArchiveWriter(directory, systemClock);
const before = process.memoryUsage().rss;
let peak = before;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
const limits = { bytesMax: Number.MAX_SAFE_INTEGER, signal: new AbortController().signal };
await writer.addStream({ name: "log", description: "", metadata: {} }, source(), limits);
clearInterval(watch);
process.stdout.write(JSON.stringify({ grown: peak - before, bytes: writer.items[0]?.file_size_bytes }));
