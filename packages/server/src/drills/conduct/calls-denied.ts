import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { looking } from "./looking.ts";

/** Whoever calls several times a second has called by then. */
const WATCHED_MS = 1500;

/** What a gated agent wrote down of its calls: it had some, it goes on asking, and each is denied because somebody stopped it. */
export const callsDenied = looking(z.strictObject({ path: z.string() }), async (_end, { path }) => {
  const read = () => readFileSync(path, "utf8").split("\n").slice(0, -1);
  const before = read();
  await sleep(WATCHED_MS);
  const since = read().slice(before.length);
  const denied = since.filter((line) => line === "denied: stopped").length;
  const had = before.filter((line) => line === "allowed").length;
  return {
    held: had > 0 && denied > 0 && denied === since.length,
    found: `${had} calls went through; of the last ${since.length}, ${denied} were denied by a stop`,
  };
});
