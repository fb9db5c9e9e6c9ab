import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, messageOf, problemsOfSchema, readTextFile, readYaml } from "../../kernel/index.ts";
import type { FileProblem } from "../../kernel/index.ts";
import { compileMap } from "./compile-map.ts";
import type { CompiledMap } from "./compile-map.ts";
import { fieldMapSchema } from "./map-schema.ts";
import { compilePathPattern } from "./path-pattern.ts";
import type { MatchPath } from "./path-pattern.ts";

export interface LoadedMap extends CompiledMap {
  readonly file: string;
  readonly patterns: readonly MatchPath[];
}

export interface FieldMaps {
  /** by id */
  readonly maps: ReadonlyMap<string, LoadedMap>;
  /** files that do not load, each with what to do; the others work */
  readonly problems: readonly FileProblem[];
}

/** Whether there is such a map and it reads lines. */
export function isForLines(map: LoadedMap | undefined): map is LoadedMap {
  return map !== undefined && map.map.parser !== "otlp";
}

const FILES_MAX = 1_000;

/** Field maps that are read again when their files change. */
export interface FieldMapSet extends FieldMaps {
  /** What broke is named, and keeps the map it had. */
  reloadIfChanged(): Promise<void>;
}

export async function openFieldMaps(directories: readonly string[]): Promise<FieldMapSet> {
  let fingerprint = await fingerprintOf(directories);
  let loaded = await loadFieldMaps(directories);
  return {
    get maps() {
      return loaded.maps;
    },
    get problems() {
      return loaded.problems;
    },
    reloadIfChanged: async () => {
      const now = await fingerprintOf(directories);
      if (now === fingerprint) return;
      fingerprint = now;
      const fresh = await loadFieldMaps(directories);
      const broken = new Set(fresh.problems.map(({ file }) => file));
      const kept = [...loaded.maps].filter(([id, { file }]) => broken.has(file) && !fresh.maps.has(id));
      loaded = { maps: new Map([...fresh.maps, ...kept]), problems: fresh.problems };
    },
  };
}

/** Names, sizes and times of the files: read again only when one changed. */
async function fingerprintOf(directories: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const directory of directories) {
    for (const file of await listMapFiles(directory, [])) {
      const found = await stat(file).catch(() => undefined);
      parts.push(`${file} ${found?.size} ${found?.mtimeMs} ${found?.ino}`);
    }
  }
  return parts.join("\n");
}

/** Reads the field maps of directories; one of a later directory replaces one of the same id. */
export async function loadFieldMaps(directories: readonly string[]): Promise<FieldMaps> {
  const maps = new Map<string, LoadedMap>();
  const problems: FileProblem[] = [];
  for (const directory of directories) {
    for (const file of await listMapFiles(directory, problems)) {
      const loaded = await loadMap(file, problems);
      if (loaded === undefined) continue;
      const other = maps.get(loaded.map.id);
      if (other !== undefined && other.file.startsWith(join(directory, "/"))) {
        problems.push(problemOf(file, `the id ${loaded.map.id} is that of ${other.file}`, "Give the map its own id."));
      } else maps.set(loaded.map.id, loaded);
    }
  }
  return { maps, problems };
}

/** @returns the named parts of a path by the first of the map's patterns that it fits */
export function matchPath(map: LoadedMap, path: string): Readonly<Record<string, string>> | undefined {
  for (const match of map.patterns) {
    const parts = match(path);
    if (parts !== undefined) return parts;
  }
  return undefined;
}

async function listMapFiles(directory: string, problems: FileProblem[]): Promise<string[]> {
  try {
    const names = (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name) && !/\.cases\.ya?ml$/.test(name));
    return names
      .toSorted()
      .slice(0, FILES_MAX)
      .map((name) => join(directory, name));
  } catch (error) {
    if (codeOf(error) === "ENOTDIR") return [directory];
    if (codeOf(error) !== "ENOENT") {
      const message = `the directory cannot be read: ${messageOf(error)}`;
      problems.push(problemOf(directory, message, "Correct its permissions."));
    }
    return [];
  }
}

async function loadMap(file: string, problems: FileProblem[]): Promise<LoadedMap | undefined> {
  const read = await readTextFile(file);
  if (read.kind === "missing") return undefined;
  if (read.kind === "problem") {
    problems.push(read.problem);
    return undefined;
  }
  const yaml = readYaml(file, read.text, { merge: true });
  if (!yaml.ok) {
    problems.push(...yaml.problems);
    return undefined;
  }
  const parsed = fieldMapSchema.safeParse(yaml.source.value);
  if (!parsed.success) {
    problems.push(...problemsOfSchema(yaml.source, parsed.error.issues));
    return undefined;
  }
  try {
    return { file, ...compileMap(parsed.data), patterns: parsed.data.files.map((one) => compilePathPattern(one)) };
  } catch (error) {
    problems.push(problemOf(file, messageOf(error), "Correct it; maps/README.md describes the format."));
    return undefined;
  }
}

function problemOf(file: string, message: string, remedy: string): FileProblem {
  return { file, line: 1, column: 1, message, remedy };
}
