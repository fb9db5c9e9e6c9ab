/**
 * The process in a sandbox: `main.js FOLDER`. It makes one drill and leaves the record in the folder. What it says goes out
 * line by line; when nobody reads its input any more, whoever asked for it is gone, and it clears up and ends.
 */
import path from "node:path";
import { messageOf, systemClock, writeFileAtomic } from "../../kernel/index.ts";
import { closeOff } from "../sandbox/isolate.ts";
import { conductDrill } from "./conduct-drill.ts";
import { RECORD_FILE, SPEC_FILE, readSpec } from "./spec.ts";

const say = (text: string) => process.stdout.write(`${text}\n`);

try {
  const folder = process.argv[2] ?? "";
  const spec = readSpec(path.join(folder, SPEC_FILE));
  if (spec.isolation === "namespaces") closeOff(spec.folder);
  const abandoned = new AbortController();
  process.stdin.on("end", () => abandoned.abort()).resume();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => abandoned.abort());
  const record = await conductDrill({ spec, clock: systemClock, say, abandoned: abandoned.signal });
  writeFileAtomic(path.join(folder, RECORD_FILE), JSON.stringify(record));
  process.exit(0);
} catch (fault) {
  process.stderr.write(`${messageOf(fault)}\n`);
  process.exit(1);
}
