import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { RUNBOOK_BYTES_MAX } from "@firebreak/protocol";
import type { PlaybookImport } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";
import type { KnownEffectors } from "../known-effectors.ts";
import { checkPlaybook } from "../load-playbooks.ts";
import { buildDocument } from "./build-document.ts";
import { codeLinesIn } from "./code-lines.ts";
import { compileRunbook } from "./compile-runbook.ts";
import type { CompiledRunbook } from "./compile-runbook.ts";
import type { DraftPlaybook, DraftStep } from "./draft.ts";
import { findDangers, findHidden, maskSecrets } from "./find-dangers.ts";
import type { ImportWarning } from "./find-dangers.ts";
import { keepEvidenceFirst } from "./keep-evidence-first.ts";
import { placeNotes } from "./place-notes.ts";
import { readMarkdown } from "./read-markdown.ts";
import { reportLines } from "./report-lines.ts";
import type { NamedPlaybook } from "./report-lines.ts";
import { splitLong } from "./split-long.ts";
import { slugOf } from "./words.ts";
import { writeYaml } from "./write-yaml.ts";

const LINES_MAX = 5_000;
const PLAYBOOKS_MAX = 50;

export interface ImportOptions {
  /** name of the file, for titles and messages */
  readonly file: string;
  readonly effectors: KnownEffectors;
  /** the folder that `~` means; null: it becomes an input */
  readonly home: string | null;
}

/**
 * Makes playbooks of a runbook in Markdown. Nothing is read, run or stored. Between two playbooks it lets others go first.
 *
 * @throws FirebreakError payload_too_large when the text, or the number of playbooks in it, is too large
 */
export async function importMarkdown(markdown: string, options: ImportOptions): Promise<PlaybookImport> {
  const masked = maskSecrets(bounded(markdown));
  const source = masked.text.split("\n");
  const front = countFrontMatter(source);
  const blocks = readMarkdown([...source.slice(0, front).map(() => ""), ...source.slice(front)].join("\n"));
  const title = path.basename(options.file).replace(/\.\w+$/, "");
  const { effectors, home } = options;
  const compiled = compileRunbook({ blocks, source, front, title, effectors, home });
  const parts = compiled.playbooks.flatMap((draft) => splitLong(placeNotes(draft)));
  const drafts = parts.map((draft) => keepEvidenceFirst(draft, effectors));
  if (drafts.length > PLAYBOOKS_MAX) {
    const message = `a file has at most ${PLAYBOOKS_MAX} playbooks, and this has ${drafts.length}: import it in several files`;
    throw new FirebreakError("payload_too_large", message);
  }
  const named = nameEach(drafts.map(({ playbook }) => playbook));
  const warnings = [
    ...masked.warnings,
    ...findHidden(source),
    ...findDangers(codeLinesIn(blocks)),
    ...drafts.flatMap((draft) => draft.warnings),
  ];
  const playbooks: PlaybookImport["playbooks"] = [];
  for (const one of named) {
    playbooks.push(finish(one, options));
    await setImmediate();
  }
  return {
    playbooks,
    lines: [...reportLines(source, compiled.ledger, ownersOf(named, compiled))],
    warnings: orderWarnings(warnings),
    added: named.flatMap(addedSteps),
    contacts: [...compiled.contacts],
    severities: [...compiled.severities],
  };
}

function bounded(markdown: string): string {
  const text = markdown.replaceAll(/\r\n?/g, "\n").replace(/^\ufeff/, "");
  const lines = text.split("\n").length;
  if (Buffer.byteLength(text) > RUNBOOK_BYTES_MAX || lines > LINES_MAX) {
    const limits = `${RUNBOOK_BYTES_MAX} bytes and ${LINES_MAX} lines`;
    throw new FirebreakError("payload_too_large", `a runbook has at most ${limits}: import it in several files`);
  }
  return text;
}

/** Lines of the block of settings that some files begin with. */
function countFrontMatter(source: readonly string[]): number {
  if (source[0]?.trim() !== "---") return 0;
  const end = source.slice(0, 200).findIndex((line, index) => index > 0 && /^(---|\.\.\.)\s*$/.test(line));
  const isSettings = source
    .slice(1, Math.max(end, 1))
    .every((line) => line.trim() === "" || /^(\s|-\s|#|[\w.-]+\s*:)/.test(line));
  return end > 0 && isSettings ? end + 1 : 0;
}

interface Named extends NamedPlaybook {
  readonly draft: DraftPlaybook;
}

function nameEach(drafts: readonly DraftPlaybook[]): readonly Named[] {
  const taken = new Map<string, number>();
  return drafts.map((draft) => {
    const plain = draft.title.replaceAll(/\([^()]*(?:<|>|%|,)[^()]*\)/g, "");
    const slug = slugOf(plain, "runbook");
    const count = (taken.get(slug) ?? 0) + 1;
    taken.set(slug, count);
    const built = buildDocument(draft, count === 1 ? slug : `${slug}-${count}`);
    return { draft, built, fromLine: draft.lines.from, toLine: draft.lines.to };
  });
}

/** In a file of several playbooks, what stands outside of each belongs to all. */
function ownersOf(named: readonly Named[], { isOne }: CompiledRunbook): readonly NamedPlaybook[] {
  const [first] = named;
  if (!isOne || first === undefined) return named;
  return [{ ...first, fromLine: 1, toLine: Number.MAX_SAFE_INTEGER }, ...named.slice(1)];
}

function finish(
  { built, draft, fromLine, toLine }: Named,
  { file, effectors }: ImportOptions,
): PlaybookImport["playbooks"][number] {
  const sources = new Map([...built.stepIds].map(([step, id]) => [id, commentOf(step)]));
  const head = `Imported from ${path.basename(file)}, lines ${fromLine} to ${toLine}. Read it before it runs.`;
  const yaml = writeYaml(built.document, head, (id) => sources.get(id));
  const { problems } = checkPlaybook(`${built.id}.yaml`, yaml, effectors);
  return {
    id: built.id,
    title: draft.title,
    fromLine,
    toLine,
    steps: built.stepIds.size,
    yaml,
    problems: problems.map(({ level, line, column, message, remedy }) => ({ level, line, column, message, remedy })),
  };
}

function commentOf({ lines, note }: DraftStep): string | undefined {
  const [first] = lines;
  const to = lines.reduce((most, one) => Math.max(most, one.to), 0);
  const place = first === undefined ? null : first.from === to ? `line ${first.from}` : `lines ${first.from} to ${to}`;
  const text = [place, note].filter((part) => part !== null).join(": ");
  return text === "" ? undefined : text;
}

function addedSteps({ built }: Named): PlaybookImport["added"] {
  return [...built.stepIds].flatMap(([step, id]) =>
    step.lines.length > 0 ? [] : [{ playbook: built.id, step: id, note: step.note ?? step.title }],
  );
}

function orderWarnings(warnings: readonly ImportWarning[]): ImportWarning[] {
  const seen = new Set<string>();
  const unique = warnings.filter(({ line, code }) => {
    const key = `${line} ${code}`;
    return !seen.has(key) && seen.add(key);
  });
  return unique.toSorted((one, other) => one.line - other.line);
}
