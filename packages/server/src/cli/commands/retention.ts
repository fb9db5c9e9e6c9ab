import {
  archiveLines,
  archiveSegment,
  pageOf,
  RETENTION_CLASSES,
  RETENTION_NOTICE_STATES,
  retentionCopy,
  retentionNotice,
  retentionPreview,
  retentionReport,
  retentionView,
} from "@firebreak/protocol";
import type { RetentionPlan, RetentionSchedule } from "@firebreak/protocol";
import { usageError } from "../arguments.ts";
import type { Command, Option, ParsedArguments } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

const CLASS: Option = { type: "string", value: "CLASS", summary: `only ${RETENTION_CLASSES.slice(0, 3).join(", ")} …` };
const EXITS = [...ASKS_SERVER, "notFound"] as const;
const RUN_TIMEOUT_MS = 60 * 60_000;
const LINES = { min: 1, max: 500 };

function classOf(command: Pick<Command, "name">, args: ParsedArguments): string | undefined {
  const text = args.text("class");
  const known = RETENTION_CLASSES.find((name) => name === text);
  if (text === undefined || known !== undefined) return known;
  throw usageError(command, `--class is one of ${RETENTION_CLASSES.join(", ")}.`);
}

const daysText = (days: number | null, none: string): string => {
  if (days === null) return none;
  return days >= 365 && days % 365 === 0 ? `${days / 365} y` : `${days} d`;
};

const whoseText = ({ class: name, pack }: Pick<RetentionSchedule, "class" | "pack">): string =>
  pack === null ? name : `${name} of ${printable(pack)}`;

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

const show: Command = {
  name: "retention show",
  summary: "how long each class is kept, and what the last pass did",
  description: [
    "Up to RETAIN it stays in the database, then it is moved into compressed, signed files of the archive; past ARCHIVE " +
      "these move to archive/cold of the home; past DELETE they are deleted, announced NOTICE before. The policy stands " +
      "in the profile under `retention`.",
  ],
  examples: ["firebreak retention show"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const view = await client.get(retentionView, "/retention");
    output.result(view);
    output.table(
      ["CLASS", "RETAIN", "ARCHIVE", "DELETE", "NOTICE"],
      view.schedules.map((one) => [
        whoseText(one),
        daysText(one.retainDays, ""),
        daysText(one.archiveDays, "none"),
        daysText(one.deleteDays, "never"),
        daysText(one.noticeDays, ""),
      ]),
    );
    const { archive, storage, lastRun, legalHolds, copiesDue } = view;
    output.line(`Archive: ${archive.rows} rows in ${archive.segments} files, ${megabytes(archive.bytes)}`);
    output.line(`Legal holds in force: ${legalHolds}`);
    if (copiesDue > 0)
      output.line(`Copies of deleted evidence in object stores: ${copiesDue} (firebreak retention copies)`);
    if (storage.usedPercent !== null) output.line(`The disk of the home is ${storage.usedPercent} % full.`);
    if (lastRun === null) output.line("No pass was done yet; the first begins ten minutes after a start.");
    else {
      const { at, archived, deleted, held } = lastRun;
      output.line(`Last pass ${timeText(at)} UTC: archived ${archived}, deleted ${deleted}, held ${held}`);
      for (const problem of lastRun.problems) output.line(output.style.red(printable(problem)));
    }
    return EXIT.ok;
  },
};

const preview: Command = {
  name: "retention preview",
  summary: "what would be archived and deleted, when; changes nothing",
  options: { class: CLASS },
  examples: ["firebreak retention preview", "firebreak retention preview --class events --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const name = classOf(preview, args);
    const query = name === undefined ? "" : `?class=${name}`;
    const { plans, at } = await client.get(retentionPreview, `/retention/preview${query}`);
    output.result({ at, plans });
    if (plans.length === 0) output.line("Nothing is old enough to be archived or deleted.");
    else {
      output.table(
        ["CLASS", "ACT", "FROM", "ROWS", "SIZE", "NEWEST (UTC)", "NOT BEFORE (UTC)", "HELD"],
        plans.map((plan) => [
          whoseText(plan),
          plan.act,
          plan.place,
          String(plan.rows),
          megabytes(plan.bytes),
          plan.newest === null ? "-" : timeText(plan.newest),
          plan.dueAt === null ? "next pass" : timeText(plan.dueAt),
          heldText(plan),
        ]),
      );
    }
    return EXIT.ok;
  },
};

function heldText({ held, cases, lockedUntil }: RetentionPlan): string {
  const parts = [
    ...(held === 0 ? [] : [`${held} by case ${cases.map(printable).join(", ")}`]),
    ...(lockedUntil === null ? [] : [`locked there until ${timeText(lockedUntil)}`]),
  ];
  return parts.length === 0 ? "-" : parts.join("; ");
}

const run: Command = {
  name: "retention run",
  summary: "do a pass of the policy now (it is done daily)",
  options: { class: CLASS },
  examples: ["firebreak retention run", "firebreak retention run --class debug"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const name = classOf(run, args);
    const body = name === undefined ? {} : { class: name };
    const report = await client.post(retentionReport, "/retention/run", body, RUN_TIMEOUT_MS);
    output.result(report);
    const { archived, segments, deleted, announced, held, more, problems } = report;
    output.line(
      `Archived ${archived} rows in ${segments} files, deleted ${deleted}, announced ${announced} deletions.`,
    );
    if (held > 0) output.line(`${held} rows are held: firebreak legal-hold list`);
    if (more) output.line("There is more to do; the next pass goes on within a minute.");
    for (const problem of problems) output.line(output.style.red(printable(problem)));
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

const notices: Command = {
  name: "retention notices",
  summary: "deletions that are announced, and what became of others",
  options: {
    state: { type: "string", value: "STATE", summary: `${RETENTION_NOTICE_STATES.join(", ")} or all (announced)` },
  },
  examples: ["firebreak retention notices", "firebreak retention notices --state all"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const state = args.text("state") ?? "announced";
    const known = RETENTION_NOTICE_STATES.find((one) => one === state);
    if (known === undefined && state !== "all") {
      throw usageError(notices, `--state is one of ${RETENTION_NOTICE_STATES.join(", ")} or all.`);
    }
    const query = known === undefined ? "" : `?state=${known}`;
    const page = await client.get(pageOf(retentionNotice), `/retention/notices${query}`);
    output.result(page);
    if (page.items.length === 0) output.line("No deletion is announced.");
    else {
      output.table(
        ["ID", "STATE", "CLASS", "OLDER THAN (UTC)", "ROWS", "NOT BEFORE (UTC)", "DELETED", "HELD"],
        page.items.map((one) => [
          one.id,
          one.state,
          whoseText(one),
          timeText(one.before),
          String(one.rows),
          timeText(one.dueAt),
          String(one.deleted),
          String(one.held),
        ]),
      );
    }
    return EXIT.ok;
  },
};

const cancel: Command = {
  name: "retention cancel",
  summary: "put an announced deletion off",
  description: [
    "It is announced again once as long as its notice has passed. To keep something for good, apply a legal hold, or keep " +
      "the class longer in the profile.",
  ],
  positionals: [{ name: "ID", summary: "of the notice, ntc_…" }],
  options: { reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" } },
  examples: ['firebreak retention cancel ntc_01KDY8M3T0XV5C8QJ2N4R6W9ZB --reason "the auditors come in May"'],
  exits: EXITS,
  run: async ({ client, output, args }) => {
    const id = encodeURIComponent(args.positional(0) ?? "");
    const body = { reason: args.requiredText("reason", 3) };
    const notice = await client.post(retentionNotice, `/retention/notices/${id}/cancel`, body);
    output.result(notice);
    output.line(`${notice.id} is cancelled: ${notice.rows} rows stay for now.`);
    return EXIT.ok;
  },
};

const copies: Command = {
  name: "retention copies",
  summary: "copies of deleted evidence that a store still has",
  description: [
    "When an archive of evidence is deleted its copies in object stores are due, every version of every object. What a " +
      "store refuses, by its lock or its legal hold, stays here and is tried again when the lock ends.",
  ],
  examples: ["firebreak retention copies", "firebreak retention copies --json"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const page = await client.get(pageOf(retentionCopy), "/retention/copies");
    output.result(page);
    if (page.items.length === 0) output.line("No store has a copy of evidence that was deleted here.");
    else {
      output.table(
        ["ARCHIVE", "STORE", "DUE SINCE (UTC)", "SIZE", "NEXT TRY (UTC)", "HELD", "WHY IT IS THERE"],
        page.items.map((one) => [
          one.archiveId,
          printable(one.place),
          one.askedAt === null ? "-" : timeText(one.askedAt),
          megabytes(one.bytes),
          timeText(one.nextAt),
          one.cases.length === 0 ? "-" : `by case ${one.cases.map(printable).join(", ")}`,
          printable(one.problem ?? "not tried yet"),
        ]),
      );
    }
    return EXIT.ok;
  },
};

const segments: Command = {
  name: "retention segments",
  summary: "the files of the archive, newest first",
  examples: ["firebreak retention segments"],
  exits: ASKS_SERVER,
  run: async ({ client, output }) => {
    const page = await client.get(pageOf(archiveSegment), "/retention/segments");
    output.result(page);
    if (page.items.length === 0) output.line("The archive is empty.");
    else {
      output.table(
        ["ID", "CLASS", "ROWS", "SIZE", "OLDEST (UTC)", "NEWEST (UTC)", "TIER", "FILE"],
        page.items.map((one) => [
          one.id,
          whoseText(one),
          String(one.rows),
          megabytes(one.bytes),
          timeText(one.oldest),
          timeText(one.newest),
          one.tier,
          printable(one.file),
        ]),
      );
    }
    return EXIT.ok;
  },
};

const read: Command = {
  name: "retention read",
  summary: "print the rows of a file of the archive, checked",
  description: [
    "Each row is a line of JSON. Nothing is printed before the file's signature, its hash and, of events and acts, the " +
      "hash of each line in the log were checked.",
  ],
  positionals: [{ name: "SEGMENT", summary: "its id, seg_…" }],
  options: { limit: { type: "string", value: "N", summary: "no more than N lines at once (500)" } },
  examples: ["firebreak retention read seg_01KDY8M3T0XV5C8QJ2N4R6W9ZB"],
  exits: EXITS,
  run: async ({ client, output, args }) => {
    const id = encodeURIComponent(args.positional(0) ?? "");
    const limit = args.count("limit", LINES) ?? LINES.max;
    const all: string[] = [];
    for (let after: string | null = "0"; after !== null;) {
      const page: { lines: string[]; next: string | null } = await client.get(
        archiveLines,
        `/retention/segments/${id}?after=${after}&limit=${limit}`,
      );
      for (const line of page.lines) output.line(printable(line));
      all.push(...page.lines);
      after = args.text("limit") === undefined ? page.next : null;
    }
    output.result({ id, lines: all });
    return EXIT.ok;
  },
};

export const retentionCommands: readonly Command[] = [show, preview, run, notices, cancel, copies, segments, read];
