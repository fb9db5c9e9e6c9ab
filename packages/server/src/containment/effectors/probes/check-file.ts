import { createHash } from "node:crypto";
import { lstat } from "node:fs/promises";
import { z } from "zod";
import { homePath } from "../../../kernel/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { defineProbe } from "./define-probe.ts";
import { openReadable } from "./readable-file.ts";

const HOUR_MS = 3_600_000;

const fileQuestion = z.strictObject({ path: homePath });

/** Whether a file is there, how large and old it is, and its SHA-256. A folder is there, and has no hash. */
export const checkFile: Effector = defineProbe({
  name: "check.file",
  title: "Look at a file: size, age, SHA-256",
  parameters: fileQuestion,
  describe: ({ path }) => `reads ${path}`,
  ask: (ctx, { path }) => look(ctx, path),
});

const ABSENT = { exists: false, kind: "", bytes: null, ageHours: null, sha256: "" };

async function look(ctx: EffectorContext, path: string): Promise<EffectorOutcome> {
  const ageOf = (modifiedMs: number) => Math.max(0, (ctx.clock.now() - modifiedMs) / HOUR_MS);
  const opened = await openReadable(path, ctx.home);
  if (!opened.ok) {
    if (opened.reason === "not_found") return { ok: true, output: ABSENT, message: opened.message };
    if (opened.reason !== "conflict") return opened;
    const { mtimeMs, size } = await lstat(path);
    const output = { ...ABSENT, exists: true, kind: "other", bytes: size, ageHours: ageOf(mtimeMs) };
    return { ok: true, output, message: opened.message };
  }
  const { handle, bytes, modifiedMs } = opened;
  try {
    const hash = createHash("sha256");
    for await (const part of handle.createReadStream({ autoClose: false, signal: ctx.signal })) hash.update(part);
    const sha256 = hash.digest("hex");
    const output = { exists: true, kind: "file", bytes, ageHours: ageOf(modifiedMs), sha256 };
    return { ok: true, output, message: `${path} has ${bytes} bytes, SHA-256 ${sha256}` };
  } catch (fault) {
    if (!ctx.signal.aborted) throw fault;
    return { ok: false, reason: "timed_out", message: `${path} (${bytes} bytes) was not read to the end` };
  } finally {
    await handle.close();
  }
}
