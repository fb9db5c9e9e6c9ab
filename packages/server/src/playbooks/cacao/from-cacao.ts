import { stringify } from "yaml";
import { messageOf } from "../../kernel/index.ts";
import { PHASES } from "../format.ts";
import { cacaoPlaybook, FIREBREAK_EXTENSION } from "./format.ts";
import type { CacaoPlaybook, CacaoStep } from "./format.ts";
import { toForeignStep } from "./foreign-step.ts";
import { slugOf } from "../import/words.ts";
import { NotConvertible, inputName } from "./reading.ts";
import type { Fields, NodeReport, Reading } from "./reading.ts";

type Phase = (typeof PHASES)[number];
export type CacaoReading =
  | { readonly ok: true; readonly yaml: string; readonly report: readonly NodeReport[] }
  | { readonly ok: false; readonly problem: string; readonly remedy: string };

/** A CACAO file that is larger than this is refused. */
export const CACAO_BYTES_MAX = 4 * 1024 * 1024;
const NODES_MAX = 1000;
const DEPTH_MAX = 10;
/** A playbook of ours has 200 steps at most; helpers and ends come with each. */
const VISITS_MAX = 3000;

/**
 * Reads a CACAO 2.0 playbook into the YAML of ours. What Firebreak wrote comes back as it was; of another tool's every
 * node is reported with what became of it. The YAML has to be linted like any other.
 */
export function fromCacao(text: string): CacaoReading {
  const refuse = (problem: string, remedy: string): CacaoReading => ({ ok: false, problem, remedy });
  if (Buffer.byteLength(text) > CACAO_BYTES_MAX) {
    return refuse(`the file is larger than ${CACAO_BYTES_MAX} bytes`, "split the playbook");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`the file is not JSON: ${messageOf(error)}`, "export it again as CACAO 2.0 JSON");
  }
  const parsed = cacaoPlaybook.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.map(String).join(".") || "the file";
    return refuse(`${place}: ${issue?.message ?? "is not understood"}`, "write it as CACAO 2.0 says");
  }
  if (Object.keys(parsed.data.workflow).length > NODES_MAX) {
    return refuse(`the workflow has more than ${NODES_MAX} nodes`, "split the playbook");
  }
  return readPlaybook(parsed.data, refuse);
}

function readPlaybook(
  playbook: CacaoPlaybook,
  refuse: (problem: string, remedy: string) => CacaoReading,
): CacaoReading {
  const reading: Reading = { playbook, report: [], ids: new Set(), visits: 0, onTheWay: new Set() };
  try {
    const steps = readChain(reading, playbook.workflow_start, 0);
    reportUnreached(reading);
    return { ok: true, yaml: stringify(documentOf(reading, steps)), report: reading.report };
  } catch (error) {
    if (!(error instanceof NotConvertible)) throw error;
    return refuse(error.message, "mend the workflow in the tool that made it");
  }
}

function reportUnreached({ playbook, report }: Reading): void {
  const told = new Set(report.map(({ node }) => node));
  for (const node of Object.keys(playbook.workflow)) {
    if (told.has(node)) continue;
    const isEnd = playbook.workflow[node]?.type === "end";
    report.push({
      node,
      became: isEnd ? "the end after a failure" : "nothing: no step leads to it, or only a failure does",
    });
  }
}

/** A step and the phase that it says it is in. */
interface ReadStep {
  readonly fields: Fields;
  readonly phase: Phase | null;
}

/** @returns the steps from a node to the end of its branch */
function readChain(reading: Reading, first: string, depth: number): ReadStep[] {
  if (depth > DEPTH_MAX) throw new NotConvertible(`branches are nested more than ${DEPTH_MAX} deep`);
  const steps: ReadStep[] = [];
  const entered: string[] = [];
  for (let id: string | undefined = first; id !== undefined;) {
    if (reading.onTheWay.has(id)) throw new NotConvertible(`the workflow comes back to ${id}: it would never end`);
    reading.visits += 1;
    if (reading.visits > VISITS_MAX)
      throw new NotConvertible("its branches share so much that it has thousands of steps");
    reading.onTheWay.add(id);
    entered.push(id);
    const node: CacaoStep | undefined = Object.hasOwn(reading.playbook.workflow, id)
      ? reading.playbook.workflow[id]
      : undefined;
    if (node === undefined) throw new NotConvertible(`the workflow leads to ${id}, which is not in it`);
    steps.push(...readNode(reading, id, node, depth));
    id = node.on_completion ?? node.on_success;
  }
  for (const id of entered) reading.onTheWay.delete(id);
  return steps;
}

function readNode(reading: Reading, id: string, node: CacaoStep, depth: number): ReadStep[] {
  const tell = (became: string) => reading.report.push({ node: id, became });
  if (node.type === "start" || node.type === "end") {
    tell(`the ${node.type} of the workflow or of a branch`);
    return [];
  }
  const extension = node.step_extensions?.[FIREBREAK_EXTENSION];
  if (typeof extension?.["helper_of"] === "string") {
    tell(`a part of the step ${extension["helper_of"]}`);
    // the branch of a condition holds the step itself
    return node.type === "if-condition" && node.on_true !== undefined
      ? readChain(reading, node.on_true, depth + 1)
      : [];
  }
  const own = extension?.["step"];
  if (typeof own === "object" && own !== null) {
    const fields: Fields = { ...own };
    const taken = String(fields["id"]);
    reading.ids.add(taken);
    tell(`the step ${taken}`);
    const phase = PHASES.find((name) => name === extension?.["phase"]) ?? null;
    return [{ fields: { ...fields, ...listsOf(reading, node, fields, depth) }, phase }];
  }
  const branch = (first: string) => readChain(reading, first, depth + 1).map(({ fields }) => fields);
  return toForeignStep(reading, id, node, branch).map((fields) => ({ fields, phase: null }));
}

/** The steps within a step that Firebreak wrote, read from the workflow, so that an edit of it is not lost. */
function listsOf(reading: Reading, node: CacaoStep, fields: Fields, depth: number): Fields {
  const chain = (id: string | undefined) =>
    id === undefined ? [] : readChain(reading, id, depth + 1).map((step) => step.fields);
  const named = (key: string) => (Array.isArray(fields[key]) ? (fields[key] as readonly Fields[]) : []);
  switch (node.type) {
    case "if-condition":
    case "while-condition": {
      const steps = chain(node.on_true);
      return steps.length > 0 ? { steps } : {};
    }
    case "switch-condition": {
      const options = named("options").map((option) => {
        const steps = chain(node.cases?.[String(option["id"])]);
        return steps.length > 0 ? { ...option, steps } : option;
      });
      return { options };
    }
    case "parallel": {
      const branches = named("branches").map((branch, index) => ({
        ...branch,
        steps: chain(node.next_steps?.[index]),
      }));
      return { branches };
    }
    case "start":
    case "end":
    case "action":
    case "playbook-action":
      return {};
    default:
      return node.type satisfies never;
  }
}

/** CACAO counts severity from 1, lowest, to 100; 0 is unknown. */
function severityOf(value: number | undefined): 1 | 2 | 3 | 4 | undefined {
  if (value === undefined || value === 0) return undefined;
  return value > 87 ? 1 : value > 62 ? 2 : value > 37 ? 3 : 4;
}

const TYPE_PHASES: Readonly<Record<string, Phase>> = {
  mitigation: "contain",
  prevention: "contain",
  detection: "investigate",
  investigation: "investigate",
  remediation: "recover",
  notification: "communicate",
};

function documentOf({ playbook }: Reading, steps: readonly ReadStep[]): Fields {
  const own = playbook.playbook_extensions?.[FIREBREAK_EXTENSION]?.["playbook"];
  const fallback = TYPE_PHASES[playbook.playbook_types?.[0] ?? ""] ?? "contain";
  const phases = new Map<Phase, Fields[]>();
  let phase: Phase = fallback;
  for (const step of steps) {
    phase = step.phase ?? phase;
    const list = phases.get(phase) ?? [];
    list.push(step.fields);
    phases.set(phase, list);
  }
  const base = typeof own === "object" && own !== null ? (own as Fields) : foreignDocument(playbook);
  return {
    ...base,
    title: playbook.name.slice(0, 300),
    description: playbook.description ?? playbook.name,
    phases: [...phases].map(([id, list]) => ({ id, steps: list })),
  };
}

function foreignDocument(playbook: CacaoPlaybook): Fields {
  const severity = severityOf(playbook.severity);
  const inputs = Object.entries(playbook.playbook_variables ?? {}).map(([name, variable]) => {
    const type =
      variable.type === "bool" ? "boolean" : ["integer", "float", "long"].includes(variable.type) ? "number" : "string";
    const described = variable.description ? { description: variable.description.slice(0, 300) } : {};
    const value = readValue(type, variable.value ?? null);
    return [inputName(name), { type, ...described, ...(value === null ? { required: false } : { default: value }) }];
  });
  return {
    id: slugOf(playbook.name, "playbook"),
    ...(severity === undefined ? {} : { severity }),
    ...(inputs.length > 0 ? { inputs: Object.fromEntries(inputs) } : {}),
  };
}

function readValue(type: string, value: string | null): string | number | boolean | null {
  if (value === null || value === "") return null;
  if (type === "boolean") return value === "true";
  if (type === "number") return Number.isFinite(Number(value)) ? Number(value) : null;
  return value;
}
