import type { PlaybookDetail, PlaybookStepView, PlaybookView, RefusedPlaybookView } from "@firebreak/protocol";
import { sql } from "kysely";
import { FirebreakError } from "../kernel/index.ts";
import type { Database } from "../storage/index.ts";
import { describeDetails } from "./describe-step.ts";
import type { PlaybookDocument, Step } from "./format.ts";
import { readRun } from "./journal.ts";
import type { KnownEffectors } from "./known-effectors.ts";
import { checkPlaybook } from "./load-playbooks.ts";
import type { LoadedPlaybook, LoadedPlaybooks } from "./load-playbooks.ts";
import { listsWithin, placeSteps } from "./placed-step.ts";
import type { DocumentPath } from "./problem.ts";
import { hashPlaybook, readPlaybook } from "./read-playbook.ts";
import type { YamlSource } from "./yaml-source.ts";

const VERSIONS_MAX = 50;

interface DescribeContext {
  readonly database: Database;
  readonly effectors: KnownEffectors;
}

/** @returns the playbook as a line of the library */
export function viewPlaybook(playbook: LoadedPlaybook): PlaybookView {
  const { document, warnings } = playbook;
  const steps = placeSteps(document).map(({ step, phase }) => ({
    id: step.id,
    phase,
    title: step.title,
    type: step.type,
  }));
  return { ...describeHead(playbook.file, playbook.text, document), steps, problems: [...warnings] };
}

/** @returns the files that do not run before they are mended */
export function viewRefused({ refused }: Pick<LoadedPlaybooks, "refused">): RefusedPlaybookView[] {
  return [...refused].map(([id, { file, problems }]) => ({ id, file, problems: [...problems] }));
}

/**
 * One playbook whole, also one that does not load.
 *
 * @throws FirebreakError not_found
 */
export async function describePlaybook(
  ctx: DescribeContext,
  { playbooks, refused }: LoadedPlaybooks,
  id: string,
): Promise<PlaybookDetail> {
  const found = playbooks.get(id) ?? refused.get(id);
  if (found === undefined) throw new FirebreakError("not_found", `there is no playbook ${id}`);
  return describeText(ctx, id, found.file, found.text);
}

/**
 * The playbook as it was when the run was asked for: a run keeps its text.
 *
 * @throws FirebreakError not_found
 */
export async function describeRunPlaybook(ctx: DescribeContext, runId: string): Promise<PlaybookDetail> {
  const run = await readRun(ctx.database, runId);
  return describeText(ctx, run.playbookId, run.playbookId, run.playbookText);
}

async function describeText(ctx: DescribeContext, id: string, file: string, text: string): Promise<PlaybookDetail> {
  const { playbook, problems } = checkPlaybook(file, text, ctx.effectors);
  const versions = await listVersions(ctx.database, id);
  const reading = readPlaybook(file, text);
  const common = { text, problems: [...problems], versions, runnable: playbook !== null };
  if (!reading.ok) return { ...UNREADABLE, id, title: id, file, hash: hashPlaybook(text), ...common };
  const { document, source } = reading;
  return {
    ...describeHead(file, text, document),
    ...common,
    roles: Object.entries(document.roles).map(([role, { title, access, duty }]) => ({
      id: role,
      title,
      access,
      duty: duty ?? null,
    })),
    locks: document.locks,
    onLocked: document.onLocked,
    phases: document.phases.map((phase) => ({ id: phase.id, timeBox: phase.timeBox ?? null })),
    steps: describeSteps(document, source, ctx.effectors),
    outputs: Object.entries(document.outputs).map(([name, expression]) => ({ name, expression })),
  };
}

const UNREADABLE = {
  description: "",
  version: 0,
  severity: null,
  appliesTo: { rules: [], incidentTypes: [], severities: [] },
  inputs: [],
  roles: [],
  locks: [],
  onLocked: "wait",
  phases: [],
  steps: [],
  outputs: [],
} as const satisfies Partial<PlaybookDetail>;

function describeHead(
  file: string,
  text: string,
  document: PlaybookDocument,
): Omit<PlaybookView, "steps" | "problems"> {
  const { id, title, description, version, severity = null, appliesTo } = document;
  const inputs = Object.entries(document.inputs).map(([name, input]) => ({
    name,
    type: input.type,
    description: input.description ?? null,
    required: input.required,
    default: input.default ?? null,
  }));
  return { id, title, description, file, hash: hashPlaybook(text), version, severity, appliesTo, inputs };
}

function describeSteps(document: PlaybookDocument, source: YamlSource, effectors: KnownEffectors): PlaybookStepView[] {
  return document.phases.flatMap((phase, index) =>
    describeList(phase.steps, {
      phase: phase.id,
      path: ["phases", index, "steps"],
      parent: null,
      option: null,
      depth: 0,
      source,
      effectors,
    }),
  );
}

interface Place {
  readonly phase: string;
  readonly path: DocumentPath;
  readonly parent: string | null;
  readonly option: string | null;
  readonly depth: number;
  readonly source: YamlSource;
  readonly effectors: KnownEffectors;
}

function describeList(steps: readonly Step[], place: Place): PlaybookStepView[] {
  return steps.flatMap((step, index) => {
    const { source, effectors, path: _, ...within } = place;
    const path = [...place.path, index];
    const { id, title, type, timeBox, onFailure, required } = step;
    const own: PlaybookStepView = {
      ...describeDetails(step, effectors),
      ...within,
      id,
      title,
      type,
      line: source.locate(path).line,
      when: step.when ?? null,
      timeBox,
      onFailure,
      onTimeout: step.onTimeout ?? onFailure,
      required,
    };
    const nested = listsWithin(step).flatMap((list, at) =>
      describeList(list.steps, {
        ...place,
        path: [...path, ...list.path],
        parent: id,
        option: own.groups[at]?.id ?? null,
        depth: place.depth + 1,
      }),
    );
    return [own, ...nested];
  });
}

async function listVersions(database: Database, playbookId: string): Promise<PlaybookDetail["versions"]> {
  const rows = await database.kysely
    .selectFrom("playbook_runs")
    .select(({ fn }) => [
      "playbook_hash as hash",
      fn.countAll<string>().as("runs"),
      sql<Date>`min(requested_at)`.as("first_at"),
      sql<Date>`max(requested_at)`.as("last_at"),
    ])
    .where("playbook_id", "=", playbookId)
    .groupBy("playbook_hash")
    .orderBy("last_at", "desc")
    .limit(VERSIONS_MAX)
    .execute();
  return rows.map(({ hash, runs, first_at, last_at }) => ({
    hash,
    runs: Number(runs),
    firstAt: first_at.toISOString(),
    lastAt: last_at.toISOString(),
  }));
}
