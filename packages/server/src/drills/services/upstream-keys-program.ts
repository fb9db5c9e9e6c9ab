/**
 * What a provider's programs do for `credential.rotate`: `upstream-keys-program.js FOLDER`, with `{act, value}` on its standard
 * input. Makes a key that the upstream takes from then on, or has it refuse one.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { makeKey, readKeys, writeKeys } from "./upstream-keys.ts";

const order = z.discriminatedUnion("act", [
  z.object({ act: z.literal("create") }),
  z.object({ act: z.literal("revoke"), value: z.string() }),
]);

const folder = process.argv[2] ?? "";
const asked = order.parse(JSON.parse(readFileSync(0, "utf8")));
if (asked.act === "create") {
  const key = makeKey();
  writeKeys(folder, [...readKeys(folder), key]);
  process.stdout.write(JSON.stringify({ value: key }));
} else {
  writeKeys(
    folder,
    readKeys(folder).filter((key) => key !== asked.value),
  );
}
