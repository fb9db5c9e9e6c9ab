import type { PlaybookImport } from "@firebreak/protocol";
import type { BuiltPlaybook } from "./build-document.ts";
import type { DraftStep } from "./draft.ts";
import type { Account, Ledger } from "./ledger.ts";

type ImportedLines = PlaybookImport["lines"][number];

export interface NamedPlaybook {
  readonly built: BuiltPlaybook;
  readonly fromLine: number;
  readonly toLine: number;
}

/** What became of each line that is not empty, in the order of the runbook; neighbours that became the same are one. */
export function reportLines(
  source: readonly string[],
  ledger: Ledger,
  playbooks: readonly NamedPlaybook[],
): readonly ImportedLines[] {
  const steps = new Map<DraftStep, { playbook: string; step: string }>();
  for (const { built } of playbooks) {
    for (const [step, id] of built.stepIds) if (!steps.has(step)) steps.set(step, { playbook: built.id, step: id });
  }
  const lines: ImportedLines[] = [];
  let last: Account | undefined;
  source.forEach((text, index) => {
    if (text.trim() === "") return;
    const line = index + 1;
    const account = ledger.get(line) ?? { became: "note", understood: false };
    const before = lines.at(-1);
    const playbook = ownerOf(playbooks, line);
    if (before !== undefined && isSame(last, account) && before.playbook === playbook) {
      lines[lines.length - 1] = { ...before, to: line };
    } else lines.push({ from: line, to: line, playbook, ...describe(account, steps) });
    last = account;
  });
  return lines;
}

/** The playbook whose part of the runbook it is; null when it is for all. */
function ownerOf(playbooks: readonly NamedPlaybook[], line: number): string | null {
  return playbooks.find(({ fromLine, toLine }) => fromLine <= line && line <= toLine)?.built.id ?? null;
}

function isSame(one: Account | undefined, other: Account): boolean {
  return (
    one !== undefined && one.became === other.became && one.step === other.step && one.understood === other.understood
  );
}

function describe({ became, step, understood = true }: Account, steps: ReadonlyMap<DraftStep, { step: string }>) {
  const content = step?.content;
  const effector = content?.type === "action" || content?.type === "verify" ? content.effector : null;
  const detail = understood ? (step?.note ?? "") : "not understood, kept as a note in the description";
  return { became, understood, step: step === undefined ? null : (steps.get(step)?.step ?? null), effector, detail };
}
