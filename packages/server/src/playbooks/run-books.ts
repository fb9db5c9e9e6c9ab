import type { PlaybookDocument } from "./format.ts";
import type { RunRecord } from "./journal.ts";
import { planSteps } from "./plan.ts";
import type { PlannedStep } from "./plan.ts";
import { readPlaybook } from "./read-playbook.ts";
import { parseRowId } from "./row-id.ts";
import type { Books } from "./step-rows.ts";

/** One playbook's text, read and planned. */
interface Book {
  readonly document: PlaybookDocument;
  readonly plan: readonly PlannedStep[];
  readonly byId: ReadonlyMap<string, PlannedStep>;
}

/** The playbooks of a run: its own and those that it calls, as they were when it was requested. */
export interface RunBooks {
  readonly document: PlaybookDocument;
  readonly called: Books;
  /** the steps of the playbook that a row of a sub-playbook step calls, or of the run's own */
  planIn(call: string | null): readonly PlannedStep[];
  /** what is said of the step whose row that is, with the row's id; null when there is none */
  find(rowId: string): PlannedStep | null;
}

const BOOKS_MAX = 200;
/** Books by the hash of their text: reading one takes milliseconds, which containment has not. */
const known = new Map<string, Book>();

function readBook(id: string, hash: string, text: string): Book | null {
  const found = known.get(hash);
  if (found) return found;
  const reading = readPlaybook(id, text);
  if (!reading.ok) return null;
  const plan = planSteps(reading.document);
  const book = { document: reading.document, plan, byId: new Map(plan.map((planned) => [planned.id, planned])) };
  if (known.size >= BOOKS_MAX) known.clear();
  known.set(hash, book);
  return book;
}

/** The texts that a run began with. */
export type RunTexts = Pick<RunRecord, "playbookId" | "playbookHash" | "playbookText" | "books">;

/** @returns null when this version cannot read one of the texts */
export function openBooks(run: RunTexts): RunBooks | null {
  const own = readBook(run.playbookId, run.playbookHash, run.playbookText);
  const called = new Map<string, Book>();
  for (const [id, { hash, text }] of Object.entries(run.books)) {
    const book = readBook(id, hash, text);
    if (book === null) return null;
    called.set(id, book);
  }
  return own && makeBooks(own, called);
}

function makeBooks(own: Book, called: ReadonlyMap<string, Book>): RunBooks {
  const found = new Map<string, PlannedStep | null>();
  const bookIn = (call: string | null): Book | undefined => {
    if (call === null) return own;
    const step = find(call)?.step;
    return step?.type === "sub-playbook" ? called.get(step.playbook) : undefined;
  };
  const find = (rowId: string): PlannedStep | null => {
    const before = found.get(rowId);
    if (before !== undefined) return before;
    const { call, id } = parseRowId(rowId);
    const planned = bookIn(call)?.byId.get(id);
    const result = planned ? { ...planned, id: rowId } : null;
    found.set(rowId, result);
    return result;
  };
  return {
    document: own.document,
    called: new Map([...called].map(([id, { document }]) => [id, document])),
    planIn: (call) => bookIn(call)?.plan ?? [],
    find,
  };
}
