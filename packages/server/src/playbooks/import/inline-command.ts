import type { CompileContext, Surroundings } from "./compile-context.ts";
import { compileShell } from "./compile-shell.ts";
import type { DraftStep } from "./draft.ts";
import { looksLikeCommand } from "./looks-like-command.ts";
import { titleOf } from "./words.ts";

const AT_END = /^([\s\S]{0,600}?)\s*`([^`\n]{2,2000})`\s*(?:\([^()]{0,200}\))?\s*\.?$/;

export function commandAtEnd(source: string): { before: string; command: string } | null {
  const found = AT_END.exec(source.slice(0, 3000).trim());
  const command = found?.[2];
  const before = (found?.[1] ?? "").replaceAll(/\*\*|__/g, "").trim();
  if (command === undefined || !looksLikeCommand(command)) return null;
  return before === "" || /[:–—-]$|\b(run|with|using|via|execute|by)$/i.test(before) ? { before, command } : null;
}

/** "Stop all agents: `pkill -f openclaw`" is the command, under these words. */
export function inlineCommand(
  ctx: CompileContext,
  source: string,
  lines: { readonly from: number; readonly to: number },
  around: Surroundings,
): readonly DraftStep[] | null {
  const found = commandAtEnd(source);
  if (found === null) return null;
  const title = titleOf(found.before.replace(/[\s:–—-]+$/, ""));
  const place = { from: lines.from, to: lines.to };
  const code = { kind: "code" as const, language: "sh", lines: [{ line: lines.from, text: found.command }], ...place };
  const steps = compileShell(ctx, code, { ...around, lead: title === "" ? around.lead : title });
  return steps.map((step) => ({ ...step, lines: [place] }));
}
