import path from "node:path";
import { databaseStatus, exportTo, importFrom } from "../../app/index.ts";
import { EXIT } from "../command.ts";
import type { Command } from "../command.ts";

const WHERE =
  "Uses DATABASE_URL if set, else the bundled PostgreSQL in the Firebreak home, which must not be in use: stop the\n" +
  "server first (with DATABASE_URL it may go on).";

const FILE = { name: "FILE", summary: "the file, by habit firebreak.export.gz" } as const;

const status: Command = {
  name: "db status",
  summary: "where the data lies, its size and schema",
  description: WHERE,
  run: async ({ config, clock, logger, output }) => {
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
  run: async ({ config, clock, logger, output, args, workingDirectory }) => {
    const file = path.resolve(workingDirectory, args.positional(0) ?? "");
    const rows = await exportTo({ config, clock, logger }, file);
    output.result({ file, rows });
    output.line(`${rows} rows written to ${file}. It holds everything: keep it as safe as the database.`);
    return EXIT.ok;
  },
};

const importCommand: Command = {
  name: "db import",
  summary: "read an export into an empty database, all or nothing",
  description: WHERE,
  positionals: [FILE],
  examples: ["DATABASE_URL=postgres://… firebreak db import firebreak.export.gz"],
  run: async ({ config, clock, logger, output, args, workingDirectory }) => {
    const file = path.resolve(workingDirectory, args.positional(0) ?? "");
    const rows = await importFrom({ config, clock, logger }, file);
    output.result({ file, rows });
    output.line(`${rows} rows read from ${file}.`);
    return EXIT.ok;
  },
};

export const dbCommands: readonly Command[] = [status, exportCommand, importCommand];
