import path from "node:path";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";

/** Loaded only when needed: it brings the whole storage along. */
const loadTools = () => import("../../app/index.ts");

const WHERE = [
  "Uses DATABASE_URL if set, else the bundled PostgreSQL in the Firebreak home, beside a server that runs or without one.",
];

const FILE = { name: "FILE", summary: "the file, by habit firebreak.export.gz" } as const;

function fileOf({ args, workingDirectory }: CommandContext): string {
  return path.resolve(workingDirectory, args.positional(0) ?? "");
}

const status: Command = {
  name: "db status",
  summary: "where the data lies, its size and schema",
  description: WHERE,
  examples: ["firebreak db status", "DATABASE_URL=postgres://… firebreak db status --json"],
  exits: ALWAYS,
  run: async ({ config, clock, logger, output }) => {
    const { databaseStatus } = await loadTools();
    const facts = await databaseStatus({ config, clock, logger });
    output.result(facts);
    output.line(facts.place);
    output.line(
      `Schema ${facts.schema.applied} of ${facts.schema.newest}, ${Math.round(facts.bytes / 1024 / 1024)} MiB`,
    );
    output.line(`Jobs: ${facts.jobs.pending} waiting, ${facts.jobs.failed} given up`);
    return EXIT.ok;
  },
};

const exportCommand: Command = {
  name: "db export",
  summary: "write everything in the database to a file",
  description: WHERE,
  positionals: [FILE],
  examples: ["firebreak db export firebreak.export.gz"],
  exits: ALWAYS,
  run: async (context) => {
    const { config, clock, logger, output } = context;
    const file = fileOf(context);
    const { exportTo } = await loadTools();
    const rows = await exportTo({ config, clock, logger }, file);
    output.result({ file, rows });
    output.line(`${rows} rows written to ${file}. It holds everything: keep it as safe as the database.`);
    return EXIT.ok;
  },
};

const importCommand: Command = {
  name: "db import",
  summary: "read an export into an empty database, all or nothing",
  description: [
    "Uses DATABASE_URL if set, else the bundled PostgreSQL in the Firebreak home. Stop the server first.",
    "An export and an import move an installation from the bundled PostgreSQL to one of yours, or back.",
  ],
  positionals: [FILE],
  examples: ["DATABASE_URL=postgres://… firebreak db import firebreak.export.gz"],
  exits: ALWAYS,
  run: async (context) => {
    const { config, clock, logger, output } = context;
    const file = fileOf(context);
    const { importFrom } = await loadTools();
    const rows = await importFrom({ config, clock, logger }, file);
    output.result({ file, rows });
    output.line(`${rows} rows read from ${file}.`);
    return EXIT.ok;
  },
};

export const dbCommands: readonly Command[] = [status, exportCommand, importCommand];
