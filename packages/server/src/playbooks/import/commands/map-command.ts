import path from "node:path";
import { refuseShell } from "../../../containment/index.ts";
import { checkCommands } from "./checks.ts";
import type { CommandUse, MapCommand, Mapping } from "./mapping.ts";
import { serviceCommands, startMapping } from "./services.ts";
import { keepEvidence, stopCommands } from "./stops.ts";

const TABLES: Readonly<Record<string, MapCommand>> = { ...serviceCommands, ...checkCommands, ...stopCommands };

/** Programs that only narrow or order what they read: what they leave out a reader leaves out too. */
const FILTERS = new Set(
  "grep egrep fgrep head tail sort uniq wc less more jq column cut awk sed tr cat tee xargs".split(" "),
);

/** What a command could become, best first; empty when only a person or a shell can do it. */
export function mapCommand(use: CommandUse): readonly Mapping[] {
  const { command, filters, runsOn } = use;
  if (filters.some(({ program, args }) => !FILTERS.has(program) || (program === "xargs" && args.length > 0))) return [];
  const evidence = keepEvidence(use);
  if (evidence.length > 0) return evidence;
  if (runsOn) return startMapping(use);
  const name = path.basename(command.program);
  const compound = `${name} ${command.args[0] ?? ""}`;
  const map = Object.hasOwn(TABLES, compound)
    ? TABLES[compound]
    : Object.hasOwn(TABLES, name)
      ? TABLES[name]
      : undefined;
  const known = map?.(use) ?? [];
  const plain = known.length > 0 ? [] : plainRun(use);
  return [...known, ...plain];
}

/** The command itself: as one that reads, if it is on that list, else as one that is approved first. */
function plainRun({ command, filters }: CommandUse): readonly Mapping[] {
  const { program, args, output, asRoot, hasPattern } = command;
  const isLong = args.length > 100 || args.join(" ").length > 8000;
  if (isLong || output !== null || !/^[\w./~+:@-]+$/.test(program) || hasPattern) return [];
  const followed = args.filter((word) => word !== "-f" && word !== "-F" && word !== "--follow");
  const follows = (program === "tail" || program === "journalctl") && followed.length < args.length;
  const notes = [
    ...(filters.length > 0 ? ["its whole output is kept; the filter after the pipe is left to the reader"] : []),
    ...(follows ? ["it does not wait for new lines"] : []),
    ...(asRoot ? ["it was to run with sudo: Firebreak runs it as its own user"] : []),
  ];
  const note = notes.length > 0 ? { note: notes.join("; ") } : {};
  const read = { effector: "command.read", with: { program, args: follows ? followed : [...args] }, ...note };
  if (refuseShell({ program, args }) !== null) return [read];
  return [read, { effector: "command.run", with: { program, args: [...args] }, ...note }];
}
