import { z } from "zod";
import { homePath } from "../../../kernel/index.ts";
import type { Redactor } from "../../../redaction/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { defineProbe } from "./define-probe.ts";
import { openReadable } from "./readable-file.ts";
import { searchFile } from "./search-file.ts";

const LINES_MAX = 50;
const LINE_CHARACTERS_MAX = 1000;

const logQuestion = z.strictObject({
  path: homePath,
  /** plain text, upper and lower case apart; at most 500 characters of one line */
  contains: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[^\n\r]*$/, "use text of one line"),
  /** lines that say no time, here or on a line before, count always */
  sinceMinutes: z.number().min(0.1).max(525_600).optional(),
  max: z.number().int().min(1).max(LINES_MAX).default(LINES_MAX),
});
type LogQuestion = z.output<typeof logQuestion>;

/** Counts the lines of a log file that hold a text, and shows the newest of them without secrets. */
export function logSearch({ maskText }: Pick<Redactor, "maskText">): Effector {
  return defineProbe({
    name: "log.search",
    title: "Search a log file for a text",
    parameters: logQuestion,
    describe: ({ path, sinceMinutes }) =>
      `reads ${path}${sinceMinutes === undefined ? "" : `, lines of the last ${sinceMinutes} minutes`}`,
    ask: (ctx, question) => search(ctx, question, maskText),
  });
}

async function search(
  ctx: EffectorContext,
  { path, contains, sinceMinutes, max }: LogQuestion,
  maskText: Redactor["maskText"],
): Promise<EffectorOutcome> {
  const opened = await openReadable(path, ctx.home);
  if (!opened.ok) return opened;
  const { handle, bytes } = opened;
  const nowMs = ctx.clock.now();
  const sinceMs = sinceMinutes === undefined ? null : nowMs - sinceMinutes * 60_000;
  try {
    const facts = { handle, bytes, contains, sinceMs, nowMs, linesMax: max, signal: ctx.signal };
    const { count, lines, undated } = await searchFile(facts);
    const shown = lines.map((line) => showLine(line, contains, maskText));
    const output = { count, lines: shown, undated };
    return { ok: true, output, message: `${count} line(s) of ${path} hold the text` };
  } catch (fault) {
    if (!ctx.signal.aborted) throw fault;
    return { ok: false, reason: "timed_out", message: `${path} (${bytes} bytes) was not read to the end` };
  } finally {
    await handle.close();
  }
}

/** Masked first, cut after: a part of a secret is one too, and none would know it. */
function showLine(line: string, contains: string, maskText: Redactor["maskText"]): string {
  const masked = maskText(line).replaceAll(/[\p{Cc}\p{Cf}]/gu, " ");
  const at = Math.max(0, masked.indexOf(contains) - LINE_CHARACTERS_MAX / 2);
  return masked.slice(at, at + LINE_CHARACTERS_MAX).toWellFormed();
}
