import path from "node:path";
import { formatFileProblem, OperatorError } from "../../kernel/index.ts";
import type { FieldMaps, LoadedMap } from "../../telemetry/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { dataDir } from "../installation.ts";
import { printable } from "../printable.ts";

const DIRECTORIES = {
  name: "DIR",
  summary: "directories of field maps (the shipped ones and those of the home)",
  optional: true,
  many: true,
} as const;

/** Field maps of the named directories, else the shipped ones and the owner's. */
export async function loadMaps(context: CommandContext, directories: readonly string[] = []): Promise<FieldMaps> {
  const { loadFieldMaps } = await import("../../telemetry/index.ts");
  const named = directories.map((one) => path.resolve(context.workingDirectory, one));
  const loaded = await loadFieldMaps(
    named.length > 0 ? named : [path.join(dataDir(), "maps"), path.join(context.config.home, "maps")],
  );
  for (const problem of loaded.problems) context.output.note(context.output.style.red(formatFileProblem(problem)));
  return loaded;
}

/** @throws OperatorError when there is no such map, or none is meant for the path */
export function mapFor({ maps }: FieldMaps, name: string | undefined, file: string): LoadedMap {
  const lines = [...maps.values()].filter(({ map }) => map.parser !== "otlp");
  const found =
    name === undefined
      ? lines.find(({ patterns }) => patterns.some((match) => match(file.replace(/\.gz$/, "")) !== undefined))
      : lines.find(({ map }) => map.id === name);
  if (found !== undefined) return found;
  const known = lines.map(({ map }) => map.id).join(", ");
  throw new OperatorError(
    name === undefined ? `No field map is meant for ${printable(file)}.` : `There is no field map ${printable(name)}.`,
    `Name one with --map: ${known}.`,
    { exitCode: EXIT.usage },
  );
}

const list: Command = {
  name: "maps list",
  summary: "the field maps: how records of other programs become events",
  positionals: [DIRECTORIES],
  examples: ["firebreak maps list", "firebreak maps list ./maps"],
  exits: ALWAYS,
  run: async (context) => {
    const { maps, problems } = await loadMaps(context, context.args.positionals);
    const shown = [...maps.values()].map(({ map, file }) => ({
      id: map.id,
      title: map.title,
      parser: map.parser,
      file,
    }));
    context.output.result({ maps: shown, problems });
    context.output.table(
      ["MAP", "READS", "TITLE"],
      shown.map(({ id, parser, title }) => [id, parser, printable(title)]),
    );
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

const test: Command = {
  name: "maps test",
  summary: "run the cases that stand beside field maps (x.cases.yml)",
  description: [
    "A case is a line and what its events must hold at least. Ends with 1 when one fails, when a map does not load, or when a " +
      "map has no cases. No server is needed.",
  ],
  positionals: [DIRECTORIES],
  examples: ["firebreak maps test", "firebreak maps test ./maps"],
  exits: ALWAYS,
  run: async (context) => {
    const { output } = context;
    const { runMapCases } = await import("../../telemetry/index.ts");
    const loaded = await loadMaps(context, context.args.positionals);
    const { results, problems } = await runMapCases(loaded.maps);
    const failed = results.filter(({ passed }) => !passed);
    const faults = [...loaded.problems, ...problems];
    output.result({ passed: results.length - failed.length, failed, problems: faults });
    for (const problem of problems) output.line(output.style.red(formatFileProblem(problem)));
    for (const { file, name, expected, got } of failed) {
      output.line(output.style.red(`${printable(path.relative(context.workingDirectory, file))}: ${printable(name)}`));
      output.line(`  expected: ${printable(JSON.stringify(expected))}`);
      output.line(`  got:      ${printable(JSON.stringify(got))}`);
    }
    output.line(`${results.length - failed.length} case(s) pass, ${failed.length} fail, ${faults.length} fault(s).`);
    return failed.length + faults.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

export const mapsCommands: readonly Command[] = [list, test];
