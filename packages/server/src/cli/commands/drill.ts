import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { drillRecord, drillSummary, drillView, pageOf } from "@firebreak/protocol";
import type { DrillRecord, DrillView } from "@firebreak/protocol";
import { formatFileProblem, markdown, OperatorError, programFile, writeFileAtomic } from "../../kernel/index.ts";
import { RefusedError } from "../client.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { dataDir, readVersion, rogueAgentFile } from "../installation.ts";
import { printable } from "../printable.ts";
import { listenForStop } from "../stop-signal.ts";

const drillCommand: Command = {
  name: "drill",
  summary: "cause a real fault in a sandbox and prove a playbook on it",
  description: [
    "Starts a Firebreak of its own with the profile under test, causes the fault that the drill's file names, lets detection " +
      "find it and the playbook run, measures each phase against its target, looks at the end state, and clears everything away.",
    "As root on Linux the sandbox has processes, network and mounts of its own, and everything else is read-only in it. " +
      "Elsewhere steps that would reach out of it are not done, and the record says so.",
    "The record goes to the server of this home, else to a file in drills/records of the home, and from there to the server " +
      "with the next drill. `firebreak drill list` shows them, `firebreak drill report` prints one.",
  ],
  positionals: [{ name: "PLAYBOOK", summary: "the playbook's id", optional: true }],
  options: {
    all: { type: "boolean", summary: "drill every playbook that has a drill" },
    profile: { type: "string", value: "NAME", summary: "the profile under test (ai-empire)" },
    "folder-only": { type: "boolean", summary: "do without namespaces, as where there is no root" },
    keep: { type: "boolean", summary: "leave the sandbox's files for you to look at" },
  },
  examples: ["firebreak drill rogue-agent", "firebreak drill --all --json"],
  exits: [...ALWAYS, "notFound"],
  outlivesItsReader: true,
  run: async (context) => {
    const { makeDrill, removeLeftovers } = await import("../../drills/index.ts");
    const { output, args, clock } = context;
    const { chosen, problems, undrilled } = await chooseDrills(context);
    for (const problem of problems) output.note(problem);
    for (const folder of await removeLeftovers(clock.now())) output.note(`Removed what a killed drill left: ${folder}`);
    const stop = listenForStop(() => output.note("Still clearing away."));
    const startedMs = clock.monotonicMs();
    const kept: { record: DrillRecord; kept: string; folder: string | null }[] = [];
    for (const [index, { drill, playbook }] of chosen.entries()) {
      if (stop.signal.aborted) break;
      const count = chosen.length > 1 ? `[${index + 1}/${chosen.length}] ` : "";
      output.line(output.style.bold(`${count}${playbook.identity.id}: ${printable(drill.document.title)}`));
      const surroundings = surroundingsOf(context, stop.signal);
      const made = await makeDrill(surroundings, drill, playbook, {
        keep: args.flag("keep"),
        folderOnly: args.flag("folder-only"),
      });
      kept.push({ ...made, kept: await keepRecord(context, made.record) });
      tell(context, made.record, made.folder);
    }
    stop.dispose();
    const seconds = Math.round((clock.monotonicMs() - startedMs) / 1000);
    output.result({ drills: kept, seconds, problems, undrilled });
    if (args.flag("all")) tellAll(context, { records: kept.map(({ record }) => record), seconds, undrilled });
    const isProven = problems.length === 0 && kept.length === chosen.length;
    return isProven && kept.every(({ record }) => isPassed(record)) ? EXIT.ok : EXIT.failed;
  },
};

interface AllDrills {
  readonly records: readonly DrillRecord[];
  readonly seconds: number;
  /** playbooks that no drill is for */
  readonly undrilled: readonly string[];
}

/** Which held and which did not, in one look. */
function tellAll({ output }: CommandContext, { records, seconds, undrilled }: AllDrills): void {
  const passed = records.filter(isPassed).length;
  const time = markdown.formatDuration(seconds * 1000);
  output.line(output.style.bold(`${passed} of ${records.length} passed, in ${time}`));
  for (const { playbook, result, findings, notExercised } of records) {
    const why = findings[0] ?? notExercised.map(({ step }) => step).join(", ");
    if (result !== "passed") output.line(`   ${result}  ${playbook.id}: ${printable(why)}`);
  }
  if (undrilled.length > 0) output.line(`   No drill is for ${undrilled.join(", ")}.`);
}

function isPassed({ result }: DrillRecord): boolean {
  return result === "passed" || result === "passed_in_part";
}

function surroundingsOf({ clock, newId, config, environment, output }: CommandContext, signal: AbortSignal) {
  return {
    clock,
    newId,
    signal,
    home: config.home,
    profilesDir: path.join(dataDir(), "profiles"),
    profileName: config.profileName,
    version: readVersion(),
    program: programFile("firebreak"),
    rogueAgent: rogueAgentFile(),
    searchPath: environment["PATH"] ?? "/usr/bin:/bin",
    say: (text: string) => output.line(output.style.dim(`   ${printable(text)}`)),
  };
}

/**
 * By the playbook's id. With --all, a drill that cannot be read keeps none of the others from being made.
 *
 * @throws OperatorError when nothing, or both, was asked for, and for what cannot be drilled
 */
async function chooseDrills({ args, config, output }: CommandContext) {
  const { loadDrills, readPlaybooks } = await import("../../drills/index.ts");
  const id = args.positional(0);
  if ((id === undefined) !== args.flag("all")) {
    const remedy = "firebreak drill PLAYBOOK, or firebreak drill --all";
    throw new OperatorError("Name one playbook, or say --all.", remedy, { exitCode: EXIT.usage });
  }
  const profilesDir = path.join(dataDir(), "profiles");
  const shipped = path.join(profilesDir, config.profileName, "drills");
  const { drills, problems } = await loadDrills([path.join(config.home, "drills"), shipped]);
  const { playbookDirectories } = await import("../../playbooks/index.ts");
  const playbooks = await readPlaybooks(playbookDirectories(config.home, profilesDir, config.profileName));
  const wanted = [...drills.values()].filter(({ document }) => id === undefined || document.playbook === id);
  if (wanted.length === 0) {
    for (const problem of problems) output.note(formatFileProblem(problem));
    throw nothingToDrill(id, [...drills.keys()]);
  }
  const found = wanted.map((drill) => ({ drill, playbook: playbooks.get(drill.document.playbook) }));
  const lost = found.flatMap(({ drill, playbook }) => (playbook === undefined ? [drill] : []));
  const [first] = lost;
  if (id !== undefined && first !== undefined) throw new OperatorError(`${nameLost(first)}.`, LOST_REMEDY);
  const chosen = found.flatMap(({ drill, playbook }) => (playbook === undefined ? [] : [{ drill, playbook }]));
  return {
    chosen: chosen.toSorted((a, b) => a.playbook.identity.id.localeCompare(b.playbook.identity.id)),
    // what is wrong with other files than the one that was asked for is for --all
    problems:
      id === undefined
        ? [...problems.map(formatFileProblem), ...lost.map((one) => `${nameLost(one)}. ${LOST_REMEDY}`)]
        : [],
    undrilled: [...playbooks.keys()].filter((one) => !drills.has(one)).toSorted(),
  };
}

const LOST_REMEDY = "Correct the name in the file, or remove the file.";

function nameLost({ file, document }: { readonly file: string; readonly document: { readonly playbook: string } }) {
  return `${file} drills the playbook ${document.playbook}, which does not exist`;
}

function nothingToDrill(id: string | undefined, known: readonly string[]): OperatorError {
  const remedy = `There are drills for: ${known.length === 0 ? "no playbook" : known.join(", ")}. docs/drills.md says how to write one.`;
  const message =
    id === undefined ? "The profile has no drills." : `There is no drill for the playbook ${printable(id)}.`;
  return new OperatorError(message, remedy, { exitCode: EXIT.notFound });
}

function recordsDir(home: string): string {
  return path.join(home, "drills", "records");
}

/** @returns where the record is: `server`, or the file */
async function keepRecord({ config, client }: CommandContext, record: DrillRecord): Promise<string> {
  const dir = recordsDir(config.home);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, `${record.id}.json`);
  // first where nothing can be lost, then to whom it is for
  writeFileAtomic(file, `${JSON.stringify(record, null, 2)}\n`, { durable: true });
  if ((await client.find()) === null) return file;
  for (const name of readdirSync(dir).filter((one) => /^drl_\w+\.json$/.test(one))) {
    const kept = readKept(path.join(dir, name));
    if (kept !== null && (await isTaken(client, kept))) rmSync(path.join(dir, name), { force: true });
  }
  return existsSync(file) ? file : "server";
}

function readKept(file: string): DrillRecord | null {
  try {
    return drillRecord.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

/** What the server refuses stays in its file; what it has already need not. */
async function isTaken(client: CommandContext["client"], record: DrillRecord): Promise<boolean> {
  try {
    await client.post(drillView, "/drills", record);
    return true;
  } catch (fault) {
    if (fault instanceof RefusedError) return fault.code === "conflict";
    return false;
  }
}

function tell({ output }: CommandContext, record: DrillRecord, folder: string | null): void {
  const { green, red, yellow } = output.style;
  for (const { name, ms, targetMs, met } of record.spans) {
    const took = ms === null ? "never" : markdown.formatDuration(ms);
    const target = targetMs === null ? "" : ` (target ${markdown.formatDuration(targetMs)})`;
    output.line(`   ${met === false ? red("missed") : green("  held")}  ${printable(name)}: ${took}${target}`);
  }
  for (const { title, held, found } of record.checks) {
    output.line(`   ${held ? green("  held") : red("   not")}  ${printable(title)}: ${printable(found)}`);
  }
  for (const { step, why } of record.notExercised)
    output.line(`   ${yellow("not exercised")}  ${step}: ${printable(why)}`);
  for (const finding of record.findings) output.line(`   ${red("finding")}  ${printable(finding)}`);
  const paint = record.result === "passed" ? green : record.result === "passed_in_part" ? yellow : red;
  output.line(`   ${paint(record.result)} after ${record.seconds.toFixed(1)} s: firebreak drill report ${record.id}`);
  if (folder !== null) output.line(`   Left for you to look at: ${folder}`);
}

const reportCommand: Command = {
  name: "drill report",
  summary: "print a drill's record as a report for auditors",
  positionals: [{ name: "DRILL", summary: "the drill's id" }],
  options: { format: { type: "string", value: "FORMAT", summary: "md (else that) or json" } },
  examples: ["firebreak drill report drl_01KDY8M3T0XV5C8QJ2N4R6W9ZB --format md"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { renderDrillReport } = await import("../../drills/index.ts");
    const { args, output } = context;
    const format = args.text("format") ?? "md";
    if (format !== "md" && format !== "json") {
      throw new OperatorError(`There is no format ${printable(format)}.`, "Use md or json.", { exitCode: EXIT.usage });
    }
    const { record, ...kept } = await findRecord(context, args.positional(0) ?? "");
    if (output.json) output.result({ record, ...kept });
    else if (format === "json") output.raw(`${JSON.stringify({ record, ...kept }, null, 2)}\n`);
    else output.raw(renderDrillReport(record, isKept(kept) ? kept : undefined));
    return EXIT.ok;
  },
};

function isKept(kept: Partial<Omit<DrillView, "record">>): kept is Omit<DrillView, "record"> {
  return kept.recordedAt !== undefined && kept.recordedBy !== undefined;
}

/** One that no server has yet lies in its file. */
async function findRecord(
  { client, config }: CommandContext,
  id: string,
): Promise<Pick<DrillView, "record"> & Partial<DrillView>> {
  const record = /^drl_\w+$/.test(id) ? readKept(path.join(recordsDir(config.home), `${id}.json`)) : null;
  return record === null ? client.get(drillView, `/drills/${encodeURIComponent(id)}`) : { record };
}

const listCommand: Command = {
  name: "drill list",
  summary: "list the drills that were made, newest first",
  options: { playbook: { type: "string", value: "ID", summary: "only of this playbook" } },
  examples: ["firebreak drill list", "firebreak drill list --playbook rogue-agent"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const playbook = args.text("playbook");
    const query = playbook === undefined ? "" : `?playbook=${encodeURIComponent(playbook)}`;
    const page = await client.get(pageOf(drillSummary), `/drills${query}`);
    output.result(page);
    const rows = page.items.map(({ id, playbook: of, result, seconds, endedAt, findings }) => [
      id,
      of.id,
      result,
      `${seconds.toFixed(1)} s`,
      timeText(endedAt),
      printable(findings[0] ?? ""),
    ]);
    output.table(["drill", "playbook", "result", "took", "ended (UTC)", "first finding"], rows);
    return EXIT.ok;
  },
};

export const drillCommands: readonly Command[] = [drillCommand, reportCommand, listCommand];
