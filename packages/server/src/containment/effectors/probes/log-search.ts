import { z } from "zod";
import { homePath } from "../../../kernel/index.ts";
import type { Redactor } from "../../../redaction/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { toBytePattern } from "./byte-pattern.ts";
import { defineProbe } from "./define-probe.ts";
import { openReadable } from "./readable-file.ts";
import { searchFile } from "./search-file.ts";

const LINES_MAX = 50;
const LINE_CHARACTERS_MAX = 1000;

const TEXTS_MAX = 20;
const CHARACTERS_MAX = 500;

const soughtText = z
  .string()
  .min(1)
  .max(CHARACTERS_MAX)
  .regex(/^[^\n\r]*$/, "use text of one line");

const logQuestion = z.strictObject({
  path: homePath,
  /** plain text, or several of which a line holds one or more; together at most 500 characters */
  contains: z.union([
    soughtText,
    z
      .array(soughtText)
      .min(1)
      .max(TEXTS_MAX)
      .refine((texts) => texts.join("").length <= CHARACTERS_MAX, {
        error: `use ${CHARACTERS_MAX} characters at most in all texts together`,
      }),
  ]),
  /** upper and lower case are told apart */
  exactCase: z.boolean().default(false),
  /** lines that say no time, here or on a line before, count always */
  sinceMinutes: z.number().min(0.1).max(525_600).optional(),
  max: z.number().int().min(1).max(LINES_MAX).default(LINES_MAX),
});
type LogQuestion = z.output<typeof logQuestion>;

/** Counts the lines of a log file that hold a text or one of several, and shows the newest of them without secrets. */
export function logSearch({ maskText }: Pick<Redactor, "maskText">): Effector {
  return defineProbe({
    name: "log.search",
    title: "Search a log file for texts",
    parameters: logQuestion,
    describe: ({ path, sinceMinutes }) =>
      `reads ${path}${sinceMinutes === undefined ? "" : `, lines of the last ${sinceMinutes} minutes`}`,
    ask: (ctx, question) => search(ctx, question, maskText),
  });
}

async function search(
  ctx: EffectorContext,
  { path, contains, exactCase, sinceMinutes, max }: LogQuestion,
  maskText: Redactor["maskText"],
): Promise<EffectorOutcome> {
  const texts = typeof contains === "string" ? [contains] : contains;
  const opened = await openReadable(path, ctx.home);
  if (!opened.ok) return opened;
  const { handle, bytes } = opened;
  const nowMs = ctx.clock.now();
  const sinceMs = sinceMinutes === undefined ? null : nowMs - sinceMinutes * 60_000;
  try {
    const sought = toBytePattern(texts, exactCase);
    const facts = { handle, bytes, sought, sinceMs, nowMs, linesMax: max, signal: ctx.signal };
    const { count, lines, undated } = await searchFile(facts);
    const shown = lines.map((line) => showLine(line, texts, maskText));
    const output = { count, lines: shown, undated };
    return {
      ok: true,
      output,
      message: `${count} line(s) of ${path} hold ${texts.length === 1 ? "the text" : "one of the texts"}`,
    };
  } catch (fault) {
    if (!ctx.signal.aborted) throw fault;
    return { ok: false, reason: "timed_out", message: `${path} (${bytes} bytes) was not read to the end` };
  } finally {
    await handle.close();
  }
}

/** Masked first, cut after: a part of a secret is one too, and none would know it. */
function showLine(line: string, texts: readonly string[], maskText: Redactor["maskText"]): string {
  const masked = maskText(line).replaceAll(/[\p{Cc}\p{Cf}]/gu, " ");
  const folded = masked.toLowerCase();
  const places = texts.map((text) => folded.indexOf(text.toLowerCase())).filter((at) => at !== -1);
  const at = places.length === 0 ? 0 : Math.max(0, Math.min(...places) - LINE_CHARACTERS_MAX / 2);
  return masked.slice(at, at + LINE_CHARACTERS_MAX).toWellFormed();
}
