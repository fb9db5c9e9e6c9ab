import { randomBytes } from "node:crypto";
import path from "node:path";
import { formatId } from "@firebreak/protocol";
import type { SkillDifference } from "../../containment/index.ts";
import {
  compareWithBaseline,
  isSame,
  listQuarantine,
  makeBaseline,
  QuarantineFault,
  quarantineSkill,
  readBaseline,
  restoreSkill,
  ScanFault,
  SignatureFault,
} from "../../containment/index.ts";
import { loadProfile, messageOf, OperatorError } from "../../kernel/index.ts";
import type { EffectorSettings } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { dataDir } from "../installation.ts";
import { printable } from "../printable.ts";

type SkillFolder = EffectorSettings["skills"]["folders"][number];

const FOLDER = { name: "FOLDER", summary: "a folder of skills; else those of the profile", optional: true } as const;
const REASON = { type: "string", value: "TEXT", summary: "why, for the record (needed)" } as const;
const SHOWN_MAX = 50;

/** What was asked of the folder itself, and what the profile says of it. */
async function foldersOf(command: Command, context: CommandContext, named: string | undefined): Promise<SkillFolder[]> {
  const { config, workingDirectory } = context;
  const profilesDir = path.join(dataDir(), "profiles");
  const { profile } = await loadProfile({ home: config.home, profilesDir, name: config.profileName });
  const known = profile?.effectors.skills.folders ?? [];
  if (named !== undefined) {
    const place = path.resolve(workingDirectory, named);
    return [known.find((one) => path.resolve(one.path) === place) ?? { path: place, agent: "openclaw" }];
  }
  if (known.length > 0) return known;
  throw usageError(command, "Name the folder, or put it into the profile under effectors.skills.folders.");
}

/** What is wrong with folders and records, in words for the keyboard. */
async function explaining<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    if (fault instanceof QuarantineFault) {
      const exitCode = fault.reason === "not_found" ? EXIT.notFound : EXIT.failed;
      throw new OperatorError(`${fault.message}.`, "See: firebreak skills list", { exitCode });
    }
    if (!(fault instanceof SignatureFault) && !(fault instanceof ScanFault)) throw fault;
    throw new OperatorError(`${messageOf(fault)}.`, "Look at the skills before you record a new baseline.");
  }
}

const baseline: Command = {
  name: "skills baseline",
  summary: "record the skills as they are now as approved, signed",
  description: [
    "Every file with its SHA-256, size and mode. Look at the skills before: what is recorded counts as good from then on. " +
      "Findings (links that lead out, files with a second name outside, names that look like others) are shown and " +
      "recorded too.",
  ],
  positionals: [FOLDER],
  options: { reason: REASON },
  examples: ['firebreak skills baseline ~/.openclaw/skills --reason "read each of them"'],
  exits: ALWAYS,
  run: async (context) => {
    const { args, config, clock, output, userName } = context;
    const reason = args.requiredText("reason", 3);
    const made = [];
    for (const { path: folder } of await foldersOf(baseline, context, args.positional(0))) {
      made.push(await explaining(() => makeBaseline({ home: config.home, clock, folder, by: userName, reason })));
    }
    output.result({ items: made.map(({ entries, ...rest }) => ({ ...rest, files: entries.length })) });
    for (const { folder, entries, findings } of made) {
      const files = entries.filter(({ kind }) => kind === "file").length;
      output.line(`${printable(folder)}: ${files} file(s) recorded and signed.`);
      for (const { message } of findings.slice(0, SHOWN_MAX))
        output.line(output.style.yellow(`  ${printable(message)}`));
    }
    return EXIT.ok;
  },
};

const compare: Command = {
  name: "skills compare",
  summary: "what was added, changed or removed since the baseline",
  description: ["Ends with 1 when something differs, or there is no baseline. The server does this by itself, too."],
  positionals: [FOLDER],
  examples: ["firebreak skills compare", "firebreak skills compare ~/.openclaw/skills --json"],
  exits: ALWAYS,
  run: async (context) => {
    const { args, config, output } = context;
    const items = [];
    for (const { path: folder } of await foldersOf(compare, context, args.positional(0))) {
      items.push({ folder, difference: await explaining(() => compareWithBaseline(config.home, folder)) });
    }
    output.result({ items });
    for (const { folder, difference } of items) printDifference(context, folder, difference);
    return items.every(({ difference }) => difference !== null && isSame(difference)) ? EXIT.ok : EXIT.failed;
  },
};

function printDifference({ output }: CommandContext, folder: string, difference: SkillDifference | null): void {
  if (difference === null) return output.line(`${printable(folder)}: no baseline (firebreak skills baseline)`);
  if (isSame(difference)) return output.line(output.style.green(`${printable(folder)}: as approved`));
  const { added, modified, removed, changes, findings } = difference;
  const counts = `${added.length} added, ${modified.length} changed, ${removed.length} removed`;
  output.line(output.style.red(`${printable(folder)}: ${counts}`));
  for (const { message } of findings.slice(0, SHOWN_MAX)) output.line(output.style.red(`  ${printable(message)}`));
  for (const { message } of changes.slice(0, SHOWN_MAX)) output.line(`  ${printable(message)}`);
  const more =
    changes.length + findings.length - Math.min(changes.length, SHOWN_MAX) - Math.min(findings.length, SHOWN_MAX);
  if (more > 0) output.line(`  and ${more} more (--json shows all)`);
}

const quarantine: Command = {
  name: "skills quarantine",
  summary: "move a skill out of its folder, to be looked at",
  description: [
    "Into FIREBREAK_HOME/quarantine, with a signed manifest of every file, who did it and why. Works without the server. " +
      "What the skill started goes on: stop the agent too (firebreak stop).",
  ],
  positionals: [{ name: "SKILL", summary: "the name of its folder" }],
  options: {
    folder: { type: "string", value: "DIR", summary: "the folder that it lies in; else the profile's, if it is one" },
    reason: REASON,
    incident: { type: "string", value: "ID", summary: "the incident it belongs to" },
  },
  examples: ['firebreak skills quarantine weather --folder ~/.openclaw/skills --reason "sends files away"'],
  exits: [...ALWAYS, "notFound"],
  run: async (context) => {
    const { args, config, clock, output, userName } = context;
    const [folder, another] = await foldersOf(quarantine, context, args.text("folder"));
    if (folder === undefined || another !== undefined) throw usageError(quarantine, "Say in which folder: --folder.");
    const { record, notes } = await explaining(() =>
      quarantineSkill({
        home: config.home,
        clock,
        id: formatId("quarantine", clock.now(), randomBytes(16)),
        folder: folder.path,
        skill: args.positional(0) ?? "",
        reason: args.requiredText("reason", 3),
        actor: { kind: "cli", id: "local", name: userName },
        incidentId: args.text("incident") ?? null,
        openclawConfig: folder.openclawConfig ?? null,
      }),
    );
    output.result(record);
    output.line(output.style.green(`${printable(record.skill)} is in quarantine as ${record.id}.`));
    for (const { message } of record.scan?.findings ?? []) output.line(output.style.red(printable(message)));
    for (const note of notes) output.line(printable(note));
    return EXIT.ok;
  },
};

const restore: Command = {
  name: "skills restore",
  summary: "put a quarantined skill back, when it is unchanged",
  description: [
    "Only when every file is what was taken out, and nothing else has its place by now. One that an action keeps in " +
      "quarantine is let out by undoing that action (firebreak actions undo).",
  ],
  positionals: [{ name: "ID", summary: "its id, qtn_…" }],
  options: { reason: REASON },
  examples: ['firebreak skills restore qtn_01KDY8M3T0XV5C8QJ2N4R6W9ZB --reason "it is the vendor\'s own"'],
  exits: [...ALWAYS, "notFound"],
  run: async ({ args, config, clock, output, userName }) => {
    const order = { home: config.home, clock, id: args.positional(0) ?? "", by: userName };
    const reason = args.requiredText("reason", 3);
    const { record, notes } = await explaining(() => restoreSkill({ ...order, reason }));
    output.result(record);
    output.line(`${printable(record.skill)} is back in ${printable(record.folder)}.`);
    for (const note of notes) output.line(printable(note));
    return EXIT.ok;
  },
};

const list: Command = {
  name: "skills list",
  summary: "the folders with their baselines, and what is quarantined",
  examples: ["firebreak skills list", "firebreak skills list --json"],
  exits: ALWAYS,
  run: async (context) => {
    const { config, output } = context;
    const folders = await foldersOf(list, context, undefined).catch(() => []);
    const baselines = await explaining(async () =>
      folders.map((one) => ({ folder: one.path, agent: one.agent, baseline: readBaseline(config.home, one.path) })),
    );
    const { records, problems } = listQuarantine(config.home);
    output.result({
      folders: baselines.map(({ baseline: one, ...rest }) => ({
        ...rest,
        madeAt: one?.madeAt ?? null,
        madeBy: one?.madeBy ?? null,
      })),
      quarantine: records.map(({ scan, ...rest }) => ({ ...rest, findings: scan?.findings ?? [] })),
      problems,
    });
    for (const { folder, baseline: one } of baselines) {
      const made = one === null ? "no baseline" : `baseline of ${timeText(one.madeAt)} UTC by ${printable(one.madeBy)}`;
      output.line(`${printable(folder)}: ${made}`);
    }
    if (records.length === 0) output.line("Nothing is in quarantine.");
    else {
      output.table(
        ["ID", "SKILL", "STATE", "SINCE (UTC)", "BY", "REASON"],
        records.map((one) => [
          one.id,
          printable(one.skill),
          one.state,
          timeText(one.at),
          printable(one.by.name),
          printable(one.reason),
        ]),
      );
    }
    for (const problem of problems) output.line(output.style.red(printable(problem)));
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

export const skillsCommands: readonly Command[] = [baseline, compare, quarantine, restore, list];
