import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { sumsOf } from "../watches/checksums.ts";
import { defineFault } from "./fault.ts";

/** Long enough for a monitor to have seen the artifacts whole. */
const WHOLE_MS = 700;
const DAMAGE = "damaged by the drill";

/** A folder of artifacts is backed up by `tar`, and some time later a part of one of them is overwritten. */
export const artifactsDamaged = defineFault({
  kind: "artifacts-damaged",
  about: "a folder of artifacts is backed up with `tar`, its sums are written down, and one artifact is overwritten",
  parameters: z.strictObject({
    folder: z.string(),
    backups: z.string(),
    /** where what the artifacts must be is written down, as `sha256sum` does */
    sums: z.string(),
    /** folders that are there in production, and empty */
    empty: z.array(z.string()).max(10).default([]),
    files: z.number().int().min(2).max(100).default(8),
  }),
  cause: async ({ sandbox }, { folder, backups, sums, empty, files }) => {
    for (const made of [folder, backups, ...empty]) mkdirSync(made, { recursive: true });
    const names = Array.from({ length: files }, (_unused, i) => `report-${i + 1}.json`);
    for (const [i, name] of names.entries()) {
      writeFileSync(path.join(folder, name), JSON.stringify({ report: i + 1, text: "x".repeat(5000) }));
    }
    writeFileSync(sums, sumsOf(folder, names));
    const backup = sandbox.start(["tar", "-cf", path.join(backups, "artifacts.tar"), "-C", folder, "."]);
    if ((await backup.ended) !== 0) throw new Error(`tar does not work here: ${backup.tail()}`);
    await sleep(WHOLE_MS);
    const [victim = ""] = names;
    writeFileSync(path.join(folder, victim), `{"report":1,"text":"${DAMAGE}`);
    return { what: `${victim} of ${files} artifacts was overwritten and cut off`, facts: { victim, damage: DAMAGE } };
  },
});
