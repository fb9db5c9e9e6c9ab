import { stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { entityName, intakeReceipt } from "@firebreak/protocol";
import { messageOf, OperatorError, toIso } from "../../kernel/index.ts";
import type { LoadedMap, LogEvent, LogReading } from "../../telemetry/index.ts";
import { RefusedError } from "../client.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { loadMaps, mapFor } from "./maps.ts";

const SHOWN_MAX = 20;
const WHAT_CHARACTERS_MAX = 100;
const PROGRESS_EVERY_MS = 2_000;
/** Well within one request, however long the lines are. */
const EVENTS_PER_REQUEST = 1_000;
const BYTES_PER_REQUEST = 4 * 1024 * 1024;

export const ingestCommand: Command = {
  name: "ingest",
  summary: "store the lines of log files as events, by a field map",
  description: [
    "For files that are there already, packed with gzip or not; what grows is read by a tail. Without --map the map is found " +
      "by the file's path. --dry-run shows what the first lines become and stores nothing.",
    "The same file read again, by this command or by a tail, stores nothing twice. Rules judge these events like any others, so " +
      "alerts may open; about what is older than an hour (lateMinutes) a person is asked before anything is done. A line without a time gets that of the file's last change.",
  ],
  positionals: [{ name: "FILE", summary: "log files", many: true }],
  options: {
    map: { type: "string", value: "NAME", summary: "field map (firebreak maps list)" },
    agent: { type: "string", value: "ID", summary: "who every line is about, whatever it says" },
    pack: { type: "string", value: "PACK", summary: "pack of that agent" },
    "time-zone": { type: "string", value: "ZONE", summary: "of times that name none, for example Europe/Berlin" },
    "dry-run": { type: "boolean", summary: "show what lines become; store nothing" },
  },
  examples: [
    "firebreak ingest ~/.openclaw/logs/tool-execution.jsonl --dry-run",
    "firebreak ingest /var/log/auth.log.2.gz --map auth-log",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { args, output } = context;
    const total = { files: 0, lines: 0, stored: 0, known: 0, refused: 0, unreadable: 0 };
    const events: LogEvent[] = [];
    for (const file of args.positionals) {
      const reader = await openReader(context, file);
      total.files += 1;
      for await (const reading of reader.read()) {
        total.lines += reading.lines;
        total.unreadable += reading.unreadable?.count ?? 0;
        if (reading.unreadable !== undefined) tellUnreadable(context, file, reading.unreadable);
        if (args.flag("dry-run")) events.push(...reading.events.slice(0, SHOWN_MAX - events.length));
        else await send(context, reading.events, total);
        reader.tellProgress(total.lines);
      }
    }
    if (args.flag("dry-run")) showEvents(context, events);
    output.result(args.flag("dry-run") ? { ...total, events } : total);
    const outcome = args.flag("dry-run")
      ? "nothing stored (--dry-run)"
      : `${total.stored} event(s) stored, ${total.known} known already, ${total.refused} refused`;
    output.line(`${total.lines} line(s) read, ${total.unreadable} of them not as the map says; ${outcome}.`);
    return total.refused === 0 ? EXIT.ok : EXIT.failed;
  },
};

/** @throws OperatorError when the file or its map is not there */
async function openReader(context: CommandContext, file: string) {
  const { args, clock, output, workingDirectory } = context;
  const full = path.resolve(workingDirectory, file);
  const found = await stat(full).catch((fault: unknown) => {
    throw new OperatorError(`${printable(file)} cannot be read: ${messageOf(fault)}.`, "Name a log file.");
  });
  if (!found.isFile()) throw new OperatorError(`${printable(file)} is no plain file.`, "Name a log file.");
  const { readLogEvents } = await import("../../telemetry/index.ts");
  const map: LoadedMap = mapFor(await loadMaps(context), args.text("map"), full);
  const source = { map, path: full, agent: nameOf(context, "agent"), pack: nameOf(context, "pack") };
  const options = {
    ...source,
    timeZone: args.text("time-zone"),
    fallbackTime: toIso(found.mtimeMs),
    nowMs: clock.now(),
  };
  let bytesRead = 0;
  let dueMs = clock.monotonicMs() + PROGRESS_EVERY_MS;
  return {
    read: async function* (): AsyncGenerator<LogReading> {
      for await (const reading of readLogEvents(options)) {
        bytesRead = reading.bytesRead;
        yield reading;
      }
    },
    tellProgress: (lines: number) => {
      if (clock.monotonicMs() < dueMs) return;
      dueMs = clock.monotonicMs() + PROGRESS_EVERY_MS;
      output.note(`${printable(file)}: ${lines} lines, ${Math.floor((bytesRead / Math.max(1, found.size)) * 100)} %`);
    },
  };
}

/** @throws OperatorError when the option is given and no name of an agent or pack */
function nameOf({ args }: CommandContext, option: string): string | undefined {
  const name = args.text(option);
  const problem = name === undefined ? undefined : entityName.safeParse(name).error?.issues[0]?.message;
  if (problem === undefined) return name;
  throw new OperatorError(`--${option}: ${problem}.`, `Give --${option} such a name.`, { exitCode: EXIT.usage });
}

function tellUnreadable(
  { output }: CommandContext,
  file: string,
  { count, offset, message }: NonNullable<LogReading["unreadable"]>,
): void {
  output.note(
    output.style.yellow(`${printable(file)}: ${count} line(s), the last at byte ${offset}: ${printable(message)}`),
  );
}

async function send(
  context: CommandContext,
  events: readonly LogEvent[],
  total: { stored: number; known: number; refused: number },
): Promise<void> {
  for (const body of toBodies(events)) {
    const receipt = await sendPatiently(context, body);
    total.stored += receipt.accepted;
    total.known += receipt.duplicates;
    total.refused += receipt.rejectedTotal;
    for (const { message } of receipt.rejected) context.output.note(context.output.style.red(printable(message)));
  }
}

function* toBodies(events: readonly LogEvent[]): Generator<Buffer> {
  let [text, count] = ["", 0];
  for (const event of events) {
    text += `${JSON.stringify(event)}\n`;
    count += 1;
    if (count < EVENTS_PER_REQUEST && text.length < BYTES_PER_REQUEST) continue;
    yield Buffer.from(text);
    [text, count] = ["", 0];
  }
  if (count > 0) yield Buffer.from(text);
}

const ATTEMPTS_MAX = 30;
const RETRY_MS = 1_000;

/** The server says when it takes nothing for the moment; sending again stores nothing twice. */
async function sendPatiently({ client }: CommandContext, body: Buffer) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.postRaw(intakeReceipt, "/events", "application/x-ndjson", body);
    } catch (fault) {
      const mayPass =
        fault instanceof RefusedError && ["too_many_requests", "storage_unavailable"].includes(fault.code);
      if (!mayPass || attempt === ATTEMPTS_MAX) throw fault;
      await wait(RETRY_MS);
    }
  }
}

function showEvents({ output }: CommandContext, events: readonly LogEvent[]): void {
  output.table(
    ["TIME", "KIND", "OUTCOME", "AGENT", "WHAT"],
    events.map((event) => [
      timeText(event.time ?? ""),
      event.kind,
      event.outcome ?? "unknown",
      event.agent.session === undefined ? event.agent.id : `${event.agent.id} / ${printable(event.agent.session)}`,
      printable(whatOf(event)).slice(0, WHAT_CHARACTERS_MAX),
    ]),
  );
}

function whatOf({ data, resource }: LogEvent): string {
  const what =
    data["command"] ?? data["content"] ?? data["message"] ?? data["tool_name"] ?? resource ?? data["event"] ?? "";
  return typeof what === "string" ? what : JSON.stringify(what);
}
