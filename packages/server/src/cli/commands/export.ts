import { createWriteStream, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { auditLogView, EVENT_EXPORT_FORMATS, exportView, pageOf } from "@firebreak/protocol";
import type { ExportView } from "@firebreak/protocol";
import { parseVerifierKey, verifyExportFile } from "@firebreak/verifier";
import type { ExportVerdict, VerifierKey } from "@firebreak/verifier";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { EVENT_FILTER_OPTIONS, readEventFilters } from "../event-filters.ts";
import { ALWAYS, ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";

const MANIFEST = ".manifest";
const MANIFEST_BYTES_MAX = 64 * 1024;
const LIMIT = { min: 1, max: 500 };

const exportEvents: Command = {
  name: "events export",
  summary: "stored events as a file, with a signed manifest",
  description: [
    "NDJSON is every event as the API gives it; CSV is for spreadsheets (texts that one would compute get an apostrophe in front); OCSF is " +
      "the Open Cybersecurity Schema Framework 1.8.0, one JSON event a line.",
    "FILE.manifest says what was asked for, by whom and when, how many events there are and the SHA-256 of the file, and names the log's " +
      "checkpoint; the server signs it. Who asked, and for what, is in the audit log. What was taken out before events were stored stays out.",
  ],
  options: {
    format: { type: "string", value: "FORMAT", summary: `${EVENT_EXPORT_FORMATS.join(", ")} (ndjson)` },
    out: { type: "string", value: "FILE", summary: "a file that does not exist yet" },
    reason: { type: "string", value: "TEXT", summary: "why, for the audit log" },
    ...EVENT_FILTER_OPTIONS,
  },
  examples: [
    `firebreak events export --since 24h --out day.ndjson --reason "incident 42"`,
    `firebreak events export --format ocsf --agent scout --outcome denied --out scout.json --reason "for the SIEM"`,
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { client, output, args, workingDirectory, clock } = context;
    const format = args.text("format") ?? "ndjson";
    const out = args.text("out");
    if (out === undefined) throw usageError(exportEvents, "--out names the file to write.");
    const file = path.resolve(workingDirectory, out);
    for (const name of [file, file + MANIFEST]) {
      if (existsSync(name))
        throw new OperatorError(`${printable(name)} exists already.`, "Name a file that does not exist yet.");
    }
    const body = {
      format,
      filters: readEventFilters(exportEvents, args, clock),
      reason: args.requiredText("reason", 3),
    };
    const asked = await client.post(exportView, "/exports", body);
    await fetchFile(context, asked.id, file);
    const done = await client.get(exportView, `/exports/${asked.id}`);
    const { keys } = await client.get(auditLogView, "/audit/log");
    const verdict = await verifyFile(file, done.manifest ?? "", readKeys(keys));
    if (verdict.problem !== null)
      throw new OperatorError(`${printable(file)}: ${verdict.problem}.`, "Export it again.");
    writeFileSync(file + MANIFEST, done.manifest ?? "", { flag: "wx" });
    output.result({ ...done, file, manifestFile: file + MANIFEST });
    output.line(`${done.events} events, ${done.bytes} bytes in ${printable(out)}; SHA-256 ${done.sha256 ?? ""}`);
    output.line(`Signed manifest: ${printable(out)}${MANIFEST}. Check both: firebreak export verify ${printable(out)}`);
    return EXIT.ok;
  },
};

/** Nothing stands under the file's name until it is whole. */
async function fetchFile({ client }: CommandContext, id: string, file: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    const content = await client.download(`/exports/${id}/content`);
    await pipeline(Readable.from(content), createWriteStream(partial, { flags: "wx", mode: 0o600 }));
    await rename(partial, file);
  } catch (fault) {
    await rm(partial, { force: true });
    if (fault instanceof OperatorError) throw fault;
    throw new OperatorError(`The export broke off: ${messageOf(fault)}.`, "Export it again.", { cause: fault });
  }
}

const list: Command = {
  name: "export list",
  summary: "exports of events: who took what out, and when",
  options: { limit: { type: "string", value: "N", summary: "no more than N (50)" } },
  examples: ["firebreak export list"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const page = await client.get(pageOf(exportView), `/exports?limit=${args.count("limit", LIMIT) ?? 50}`);
    output.result(page);
    if (page.items.length === 0) output.line("Nothing was exported yet.");
    else {
      output.table(
        ["ID", "WHEN (UTC)", "BY", "FORMAT", "STATE", "EVENTS", "FILTERS", "REASON"],
        page.items.map((one) => [
          one.id,
          timeText(one.requestedAt),
          printable(one.requestedBy.name),
          one.format,
          one.state,
          String(one.events),
          printable(filtersText(one)),
          printable(one.reason),
        ]),
      );
    }
    return EXIT.ok;
  },
};

function filtersText({ filters }: ExportView): string {
  const told = Object.entries(filters).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  return told.length === 0 ? "everything" : told.join(" ");
}

const verify: Command = {
  name: "export verify",
  summary: "check an exported file against its signed manifest",
  description: [
    "Needs the file, FILE.manifest and the log's key (`firebreak audit head`), and no server; without --key it asks the server for its keys. " +
      "firebreak-verify --export does the same with plain Node and no Firebreak.",
    "Ends with 1 when the file is not what the manifest says, or no key signed the manifest.",
  ],
  positionals: [{ name: "FILE", summary: "an exported file" }],
  options: {
    manifest: { type: "string", value: "FILE", summary: "its manifest (FILE.manifest)" },
    key: { type: "string", value: "KEY", summary: "the key that must have signed: name+id+base64" },
  },
  examples: ["firebreak export verify day.ndjson", "firebreak export verify day.ndjson --key 'firebreak/…+…+…'"],
  exits: [...ALWAYS, "serverDown", "denied"],
  run: async ({ client, output, args, workingDirectory }) => {
    const name = args.positional(0) ?? "";
    const file = path.resolve(workingDirectory, name);
    const manifest = readManifestFile(path.resolve(workingDirectory, args.text("manifest") ?? name + MANIFEST));
    const key = args.text("key");
    const keys = readKeys(key === undefined ? (await client.get(auditLogView, "/audit/log")).keys : [key]);
    const verdict = await verifyFile(file, manifest, keys);
    output.result({ intact: verdict.problem === null, problem: verdict.problem, manifest: verdict.content });
    if (verdict.problem === null) {
      output.line(output.style.green(`Intact: ${String(verdict.content?.["events"])} events, as the manifest says`));
      output.line(`Asked for ${printable(JSON.stringify(verdict.content?.["filters"]))}`);
    } else output.line(output.style.red(`NOT INTACT: ${printable(verdict.problem)}`));
    return verdict.problem === null ? EXIT.ok : EXIT.failed;
  },
};

function readManifestFile(file: string): string {
  try {
    if (statSync(file).size > MANIFEST_BYTES_MAX) throw new Error(`it has more than ${MANIFEST_BYTES_MAX} bytes`);
    return readFileSync(file, "utf8");
  } catch (fault) {
    throw new OperatorError(
      `${printable(file)} cannot be read: ${messageOf(fault)}.`,
      "Name the manifest with --manifest.",
    );
  }
}

function readKeys(texts: readonly string[]): VerifierKey[] {
  return texts.map((text) => {
    const key = parseVerifierKey(text);
    if (key === undefined)
      throw new OperatorError(`${printable(text)} is no key.`, "Take it from `firebreak audit head`.");
    return key;
  });
}

async function verifyFile(file: string, note: string, keys: readonly VerifierKey[]): Promise<ExportVerdict> {
  try {
    return await verifyExportFile(file, { note, keys });
  } catch (fault) {
    throw new OperatorError(`${printable(file)} cannot be read: ${messageOf(fault)}.`, "Name the exported file.");
  }
}

export const exportCommands: readonly Command[] = [exportEvents, list, verify];
