import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { codeOf, messageOf, problemsOfSchema, readTextFile, readYaml } from "../kernel/index.ts";
import type { FileProblem, YamlSource } from "../kernel/index.ts";
import { checkKinds } from "./conduct/check-end.ts";
import { deedKinds } from "./conduct/deeds.ts";
import { FAULTS } from "./faults/index.ts";
import { drillDocument } from "./format.ts";
import type { DrillDocument } from "./format.ts";
import { SERVICES } from "./services/index.ts";

/** A drill that may be made. */
export interface LoadedDrill {
  readonly document: DrillDocument;
  readonly file: string;
  /** SHA-256 of the text */
  readonly hash: string;
}

export interface LoadedDrills {
  /** by the id of the playbook */
  readonly drills: ReadonlyMap<string, LoadedDrill>;
  readonly problems: readonly FileProblem[];
}

const FILES_MAX = 200;

/** Reads `*.yaml` of the directories; an earlier directory wins over a later one. Nothing in the files can make it throw. */
export async function loadDrills(dirs: readonly string[]): Promise<LoadedDrills> {
  const drills = new Map<string, LoadedDrill>();
  const problems: FileProblem[] = [];
  for (const dir of dirs) {
    const own = new Map<string, LoadedDrill>();
    for (const file of await listFiles(dir, problems)) {
      const drill = await readDrill(file, problems);
      if (drill === null) continue;
      const other = own.get(drill.document.playbook);
      if (other === undefined) own.set(drill.document.playbook, drill);
      else problems.push(wholeFile(file, `${other.file} drills this playbook already`, "Keep one drill for each."));
    }
    for (const [id, drill] of own) if (!drills.has(id)) drills.set(id, drill);
  }
  return { drills, problems };
}

async function listFiles(dir: string, problems: FileProblem[]): Promise<string[]> {
  try {
    const names = (await readdir(dir)).filter((name) => /\.ya?ml$/.test(name)).toSorted();
    return names.slice(0, FILES_MAX).map((name) => path.join(dir, name));
  } catch (fault) {
    if (codeOf(fault) !== "ENOENT") problems.push(wholeFile(dir, messageOf(fault), "Make the directory readable."));
    return [];
  }
}

async function readDrill(file: string, problems: FileProblem[]): Promise<LoadedDrill | null> {
  const read = await readTextFile(file);
  if (read.kind === "missing") return null;
  if (read.kind === "problem") {
    problems.push(read.problem);
    return null;
  }
  const checked = checkDrill(file, read.text);
  problems.push(...checked.problems);
  return checked.drill;
}

/** Reads one drill's text. The drill is null when there is a problem. */
export function checkDrill(
  file: string,
  text: string,
): { readonly drill: LoadedDrill | null; readonly problems: readonly FileProblem[] } {
  const yaml = readYaml(file, text);
  if (!yaml.ok) return { drill: null, problems: yaml.problems };
  const parsed = drillDocument.safeParse(yaml.source.value);
  if (!parsed.success) return { drill: null, problems: problemsOfSchema(yaml.source, parsed.error.issues) };
  const problems = findUnknown(yaml.source, parsed.data);
  if (problems.length > 0) return { drill: null, problems };
  return { drill: { document: parsed.data, file, hash: createHash("sha256").update(text).digest("hex") }, problems };
}

/** Kinds that no code knows: a drill with one would fail only in the middle. */
function findUnknown(source: YamlSource, document: DrillDocument): FileProblem[] {
  const kinds = [
    { at: ["fault", "kind"], kind: document.fault.kind, known: [...FAULTS.keys()] },
    ...document.services.map(({ kind }, i) => ({ at: ["services", i, "kind"], kind, known: [...SERVICES.keys()] })),
    ...document.answers.flatMap(({ does }, i) =>
      does.flatMap((deed, j) =>
        Array.isArray(deed) ? [] : { at: ["answers", i, "does", j, "kind"], kind: deed.kind, known: deedKinds },
      ),
    ),
    ...document.expect.checks.map(({ kind }, i) => ({ at: ["expect", "checks", i, "kind"], kind, known: checkKinds })),
  ];
  return kinds.flatMap(({ at, kind, known }) =>
    known.includes(kind)
      ? []
      : {
          file: source.file,
          ...source.positionOf(at),
          message: `${at.join(".")}: there is no ${kind}`,
          remedy: `Use one of ${known.toSorted().join(", ")}.`,
        },
  );
}

function wholeFile(file: string, message: string, remedy: string): FileProblem {
  return { file, line: 1, column: 1, message, remedy };
}
