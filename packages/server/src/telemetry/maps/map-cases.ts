import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { messageOf, readTextFile } from "../../kernel/index.ts";
import type { FileProblem } from "../../kernel/index.ts";
import { matchPath } from "./load-maps.ts";
import type { FieldMaps, LoadedMap } from "./load-maps.ts";
import { fitEvent, readLogLine } from "./read-log-line.ts";

/** The format of `x.cases.yml` beside a map, described in maps/README.md. */
const casesSchema = z.strictObject({
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        line: z.string().optional(),
        /** instead of a line, for OpenTelemetry */
        record: z.record(z.string(), z.unknown()).optional(),
        path: z.string().optional(),
        now: z.iso.datetime({ offset: true }).default("2026-03-01T12:00:00Z"),
        timeZone: z.string().optional(),
        /** each what its event must hold at least; none when the line is passed over */
        events: z.array(z.record(z.string(), z.unknown())),
      }),
    )
    .min(1),
});
type MapCase = z.infer<typeof casesSchema>["cases"][number];

export interface MapCaseResult {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  readonly expected: unknown;
  readonly got: unknown;
}

/** Runs the cases beside the maps. A map without cases is a problem: nobody would know whether it reads anything. */
export async function runMapCases(
  maps: FieldMaps["maps"],
): Promise<{ results: MapCaseResult[]; problems: FileProblem[] }> {
  const results: MapCaseResult[] = [];
  const problems: FileProblem[] = [];
  for (const map of maps.values()) {
    const file = map.file.replace(/\.ya?ml$/, ".cases.yml");
    const cases = await readCases(file, problems);
    for (const one of cases) results.push(runCase(map, file, one));
  }
  return { results, problems };
}

async function readCases(file: string, problems: FileProblem[]): Promise<readonly MapCase[]> {
  const fault = (message: string) => {
    problems.push({ file, line: 1, column: 1, message, remedy: "maps/README.md describes the format of cases." });
    return [];
  };
  const read = await readTextFile(file);
  if (read.kind === "missing") return fault("the map has no cases");
  if (read.kind === "problem") return fault(read.problem.message);
  try {
    return casesSchema.parse(parse(read.text)).cases;
  } catch (error) {
    return fault(messageOf(error));
  }
}

function runCase(map: LoadedMap, file: string, one: MapCase): MapCaseResult {
  const context = {
    nowMs: Date.parse(one.now),
    timeZone: one.timeZone,
    path: one.path === undefined ? undefined : matchPath(map, one.path),
  };
  const bytes = Buffer.from(one.line ?? "");
  const events =
    one.line === undefined
      ? map.toEvents(one.record ?? {}, context)
      : readLogLine(map, { bytes, length: bytes.length }, context).events;
  const got = events.map((event) => JSON.parse(JSON.stringify(fitEvent(event))));
  const passed = got.length === one.events.length && one.events.every((wanted, index) => holdsAll(got[index], wanted));
  return { file, name: one.name, passed, expected: one.events, got };
}

/** @returns whether every member of `wanted` is in `value`; null wants a member that is not there */
function holdsAll(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return isDeepStrictEqual(value, wanted);
  if (typeof value !== "object" || value === null) return false;
  const members = new Map<string, unknown>(Object.entries(value));
  return Object.entries(wanted).every(([key, member]) =>
    member === null ? !members.has(key) : holdsAll(members.get(key), member),
  );
}
