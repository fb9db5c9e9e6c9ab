import { LineCounter, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { Document, Node } from "yaml";
import { messageOf } from "../kernel/index.ts";
import type { DocumentPath, Finding, PlaybookProblem } from "./problem.ts";

/** The largest runbook we know is 60 KB; more than this is not a playbook. */
export const PLAYBOOK_BYTES_MAX = 256 * 1024;

/** Aliases multiply what a file says; a playbook has use for few. */
const ALIASES_MAX = 20;

export interface YamlSource {
  readonly value: unknown;
  locate(path: DocumentPath): { readonly line: number; readonly column: number };
}

export type YamlReading =
  | { readonly ok: true; readonly source: YamlSource }
  | { readonly ok: false; readonly problems: readonly PlaybookProblem[] };

/** Reads YAML and remembers where everything stands. The text is hostile: size, aliases and depth are bounded. */
export function readYaml(file: string, text: string): YamlReading {
  if (Buffer.byteLength(text) > PLAYBOOK_BYTES_MAX) {
    return refuse(file, `the file is larger than ${PLAYBOOK_BYTES_MAX} bytes`, "split it into several playbooks");
  }
  try {
    return readDocument(file, text);
  } catch (error) {
    return refuse(
      file,
      `the file cannot be read as YAML: ${messageOf(error)}`,
      "nest less deeply and use fewer aliases",
    );
  }
}

function refuse(file: string, message: string, remedy: string): YamlReading {
  return { ok: false, problems: [{ level: "error", file, line: 1, column: 1, message, remedy }] };
}

function readDocument(file: string, text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const problems = faults.slice(0, 20).map((fault): PlaybookProblem => {
      const at = positionAt(lines, fault.pos[0]);
      return { level: "error", file, ...at, message: fault.message, remedy: "mend the YAML at this place" };
    });
    return { ok: false, problems };
  }
  const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
  return { ok: true, source: { value, locate: (path) => locate(document, lines, path) } };
}

function positionAt(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** Where the path leads; when a part of it is missing, where the deepest part that exists begins. */
function locate(document: Document.Parsed, lines: LineCounter, path: DocumentPath): { line: number; column: number } {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const segment of path) {
    const next = descend(node, segment);
    if (next === null) break;
    node = next.node;
    offset = next.offset ?? offset;
  }
  return positionAt(lines, offset);
}

function descend(node: unknown, segment: string | number): { node: unknown; offset: number | null } | null {
  if (isSeq(node) && typeof segment === "number") {
    const item = node.items[segment];
    return item === undefined ? null : { node: item, offset: startOf(item) };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(
    (candidate) => isScalar(candidate.key) && String(candidate.key.value) === String(segment),
  );
  return pair ? { node: pair.value, offset: startOf(pair.key) } : null;
}

function startOf(node: unknown): number | null {
  const range = isNode(node) ? node.range : null;
  return range ? range[0] : null;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "range" in value;
}

export function placeFinding(file: string, source: YamlSource, finding: Finding): PlaybookProblem {
  const { level, message, remedy } = finding;
  return { level, file, ...source.locate(finding.path), message, remedy };
}
