import { readFile, readdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { codeOf, messageOf } from "../kernel/index.ts";
import type { PlaybookDocument } from "./format.ts";
import { lintPlaybook } from "./lint.ts";
import type { KnownEffectors } from "./known-effectors.ts";
import { lintCalledAgents } from "./lint-called-agents.ts";
import { lintCalls } from "./lint-calls.ts";
import { lintRivals } from "./lint-rivals.ts";
import type { Finding, PlaybookProblem } from "./problem.ts";
import { hashPlaybook, readPlaybook } from "./read-playbook.ts";
import { PLAYBOOK_BYTES_MAX, placeFinding, readYaml } from "./yaml-source.ts";

/** A playbook that may run: it was read and linted without errors. */
export interface LoadedPlaybook {
  readonly document: PlaybookDocument;
  readonly file: string;
  readonly text: string;
  /** SHA-256 of the text, hexadecimal */
  readonly hash: string;
  readonly warnings: readonly PlaybookProblem[];
}

export interface LoadedPlaybooks {
  readonly playbooks: ReadonlyMap<string, LoadedPlaybook>;
  /** errors and warnings of every file, also of those that were refused */
  readonly problems: readonly PlaybookProblem[];
  /** files that do not run before they are mended, by the names of the files without their endings */
  readonly refused: ReadonlyMap<string, RefusedPlaybook>;
}

export interface RefusedPlaybook {
  readonly file: string;
  readonly text: string;
  readonly problems: readonly PlaybookProblem[];
}

const FILES_MAX = 1000;

/**
 * Reads `*.yaml` and `*.yml` of the directories, without `*.test.yaml`, which hold cases of playbooks. An earlier directory wins over a later one, so that a user's playbook
 * replaces the shipped one of the same id. A directory that does not exist holds no playbooks.
 */
export async function loadPlaybooks(dirs: readonly string[], effectors: KnownEffectors): Promise<LoadedPlaybooks> {
  const playbooks = new Map<string, LoadedPlaybook>();
  const refused = new Map<string, RefusedPlaybook>();
  const problems: PlaybookProblem[] = [];
  for (const dir of dirs) {
    const own = new Map<string, LoadedPlaybook>();
    for (const file of await listFiles(dir, problems)) {
      const loaded = await loadFile(file, effectors, problems);
      if (loaded === null) continue;
      if ("document" in loaded) admit(loaded, own, problems);
      else refused.set(basename(file, extname(file)), loaded);
    }
    for (const [id, loaded] of own) if (!playbooks.has(id)) playbooks.set(id, loaded);
  }
  problems.push(...refuseCalls(playbooks, refused), ...warnOfRivals(playbooks));
  return { playbooks, problems, refused };
}

/** A playbook may run only when those that it calls may, which may be so again of those that call it. */
function refuseCalls(playbooks: Map<string, LoadedPlaybook>, refused: Map<string, RefusedPlaybook>): PlaybookProblem[] {
  const problems: PlaybookProblem[] = [];
  for (;;) {
    const documents = new Map([...playbooks].map(([id, { document }]) => [id, document]));
    const found = [...playbooks].flatMap(([id, loaded]) => {
      const own = placeAll(loaded, lintCalls(loaded.document, documents));
      return own.length > 0 ? [{ id, loaded, own }] : [];
    });
    if (found.length === 0) return problems;
    for (const { id, loaded, own } of found) {
      playbooks.delete(id);
      const { file, text, warnings } = loaded;
      refused.set(basename(file, extname(file)), { file, text, problems: [...warnings, ...own] });
      problems.push(...own);
    }
  }
}

function placeAll({ file, text }: LoadedPlaybook, findings: readonly Finding[]): PlaybookProblem[] {
  const reading = findings.length === 0 ? null : readYaml(file, text);
  return reading?.ok ? findings.map((finding) => placeFinding(file, reading.source, finding)) : [];
}

/** Adds to each playbook what speaks against running it beside another one, and which agents nobody locks that it acts on. */
function warnOfRivals(playbooks: Map<string, LoadedPlaybook>): PlaybookProblem[] {
  const documents = new Map([...playbooks].map(([id, { document }]) => [id, document]));
  const rivals = lintRivals([...documents.values()]);
  return [...playbooks].flatMap(([id, loaded]) => {
    const findings = [...(rivals.get(id) ?? []), ...lintCalledAgents(loaded.document, documents)];
    if (findings.length === 0) return [];
    const problems = placeAll(loaded, findings);
    playbooks.set(id, { ...loaded, warnings: [...loaded.warnings, ...problems] });
    return problems;
  });
}

function admit(loaded: LoadedPlaybook, own: Map<string, LoadedPlaybook>, problems: PlaybookProblem[]): void {
  const { id } = loaded.document;
  const other = own.get(id);
  if (!other) {
    own.set(id, loaded);
    return;
  }
  problems.push(wholeFile(loaded.file, `${other.file} has the id ${id} already`, "give one of them another id"));
}

async function listFiles(dir: string, problems: PlaybookProblem[]): Promise<string[]> {
  try {
    const names = (await readdir(dir)).filter((name) => /(?<!\.test)\.ya?ml$/.test(name)).toSorted();
    if (names.length > FILES_MAX) {
      problems.push(wholeFile(dir, `more than ${FILES_MAX} playbooks; the rest was left out`, "move some elsewhere"));
    }
    return names.slice(0, FILES_MAX).map((name) => join(dir, name));
  } catch (error) {
    if (codeOf(error) !== "ENOENT") problems.push(wholeFile(dir, messageOf(error), "make the directory readable"));
    return [];
  }
}

async function loadFile(
  file: string,
  effectors: KnownEffectors,
  problems: PlaybookProblem[],
): Promise<LoadedPlaybook | RefusedPlaybook | null> {
  try {
    const text = await readBounded(file);
    const result = checkPlaybook(file, text, effectors);
    problems.push(...result.problems);
    return result.playbook ?? { file, text, problems: result.problems };
  } catch (error) {
    problems.push(wholeFile(file, `the file cannot be read: ${messageOf(error)}`, "make it readable, or remove it"));
    return null;
  }
}

async function readBounded(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (bytes.length > PLAYBOOK_BYTES_MAX) throw new RangeError(`it is larger than ${PLAYBOOK_BYTES_MAX} bytes`);
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

/** Reads and lints one playbook's text. The playbook is null when there is an error among the problems. */
export function checkPlaybook(
  file: string,
  text: string,
  effectors: KnownEffectors,
): { readonly playbook: LoadedPlaybook | null; readonly problems: readonly PlaybookProblem[] } {
  const reading = readPlaybook(file, text);
  if (!reading.ok) return { playbook: null, problems: reading.problems };
  const { document, source } = reading;
  const problems = lintPlaybook(document, effectors).map((finding) => placeFinding(file, source, finding));
  if (problems.some((problem) => problem.level === "error")) return { playbook: null, problems };
  return { playbook: { document, file, text, hash: hashPlaybook(text), warnings: problems }, problems };
}

function wholeFile(file: string, message: string, remedy: string): PlaybookProblem {
  return { level: "error", file, line: 1, column: 1, message, remedy };
}
