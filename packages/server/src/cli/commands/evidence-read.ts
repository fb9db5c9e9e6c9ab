import { createWriteStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { evidenceCustodyView, evidenceManifestView, evidenceView, pageOf } from "@firebreak/protocol";
import type { EvidenceCustodyView, EvidenceItemView, EvidenceManifestView, EvidenceView } from "@firebreak/protocol";
import { OperatorError, codeOf, messageOf } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { ApiClient } from "../client.ts";
import type { Command } from "../command.ts";
import { ALWAYS, ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";

const GAPS_SHOWN = 100;

const show: Command = {
  name: "evidence show",
  summary: "an archive: what is in it, what is not, its custody form",
  description: [
    "Says how complete an archive is and names what is there in part or not at all, with the reason. --items lists " +
      "everything. --custody prints the chain-of-custody form: what it is, who collected it, where, how, its SHA-256, " +
      "and everybody who had it in hands.",
  ],
  positionals: [{ name: "ARCHIVE", summary: "an archive's id" }],
  options: {
    items: { type: "boolean", summary: "list every item" },
    custody: { type: "boolean", summary: "print the chain-of-custody form" },
  },
  examples: ["firebreak evidence show evd_01…", "firebreak evidence show evd_01… --custody"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    const at = `/evidence/${encodeURIComponent(args.positional(0) ?? "")}`;
    const archive = await client.get(evidenceView, at);
    const manifest = await readAllItems(client, at);
    const custody = (await client.get(pageOf(evidenceCustodyView), `${at}/custody`)).items;
    output.result({ archive, manifest, custody });
    if (args.flag("custody")) printCustodyForm(output, archive, manifest, custody);
    else printArchive(output, archive, manifest, args.flag("items"));
    return EXIT.ok;
  },
};

async function readAllItems(client: ApiClient, at: string): Promise<EvidenceManifestView> {
  const first = await client.get(evidenceManifestView, `${at}/items`);
  const items = [...first.items];
  for (let { next } = first; next !== null;) {
    const page = await client.get(evidenceManifestView, `${at}/items?from=${next}`);
    items.push(...page.items);
    next = page.next;
  }
  return { ...first, items, next: null };
}

function printArchive(output: Output, archive: EvidenceView, manifest: EvidenceManifestView, all: boolean): void {
  const { collected, degraded, failed } = manifest.states;
  output.line(output.style.bold(`${archive.id}: ${printable(archive.reason)}`));
  output.line(
    `Collected ${timeText(manifest.completedAt)} by ${printable(manifest.collector)} on ${printable(manifest.hostname)}`,
  );
  output.line(`${collected} whole, ${degraded} in part, ${failed} not had`);
  output.line(`Manifest ${archive.manifestSha256}`);
  output.line(`Lies in ${printable(archive.directory)}; ${sealText(archive)}; ${copyText(archive)}`);
  output.line(verifiedText(archive));
  const wanted = manifest.items.filter(({ state }) => all || state !== "collected");
  if (wanted.length === 0) return;
  output.line();
  printItems(output, all ? wanted : wanted.slice(0, GAPS_SHOWN));
  if (!all && wanted.length > GAPS_SHOWN) output.line(`… and ${wanted.length - GAPS_SHOWN} more: --items`);
}

function printItems(output: Output, items: readonly EvidenceItemView[]): void {
  output.table(
    ["ITEM", "NAME", "STATE", "BYTES", "REASON"],
    items.map((item) => [
      String(item.index),
      printable(item.name),
      item.state,
      String(item.bytes),
      printable(item.reason ?? ""),
    ]),
  );
}

const sealText = ({ seal }: EvidenceView): string =>
  seal === null ? "not sealed yet" : seal === "immutable" ? "immutable" : `read-only (${printable(seal)})`;

function copyText({ copy }: EvidenceView): string {
  if (copy === null) return "no copy elsewhere";
  if (copy.state === "stored") {
    const held = copy.legalHold === "on" ? ", under its legal hold" : "";
    return `stored in ${printable(copy.place)}${copy.locked ? ", locked there" : ""}${held}`;
  }
  return `copy to ${printable(copy.place)} ${copy.state}: ${printable(copy.lastError ?? "waiting")}`;
}

function verifiedText({ verified }: EvidenceView): string {
  if (verified === null) return "Never verified: firebreak evidence verify";
  return `Verified ${timeText(verified.at)}: ${verified.intact ? "intact" : "NOT INTACT"}`;
}

function printCustodyForm(
  output: Output,
  archive: EvidenceView,
  manifest: EvidenceManifestView,
  custody: readonly EvidenceCustodyView[],
): void {
  const { collected, degraded, failed } = manifest.states;
  const rows: readonly (readonly [string, string])[] = [
    ["Evidence id", archive.id],
    ["Incident id", archive.incidentId ?? "none"],
    ["Collected by", manifest.collector],
    ["Collected (UTC)", `${timeText(manifest.startedAt)} to ${timeText(manifest.completedAt)}`],
    ["Location", `${manifest.hostname} (${manifest.platform})`],
    ["Method", `firebreak evidence collection, ${collected} items whole, ${degraded} in part, ${failed} not had`],
    ["Reason", manifest.reason],
    ["SHA-256", manifest.manifestSha256],
    ["Storage", `${archive.directory}; ${sealText(archive)}; ${copyText(archive)}`],
  ];
  output.line(output.style.bold("CHAIN OF CUSTODY"));
  for (const [name, value] of rows) output.line(`${name.padEnd(16)} ${printable(value)}`);
  output.line();
  output.table(
    ["NO", "TIME (UTC)", "ACT", "BY", "FROM", "TO", "REASON"],
    custody.map((one) => [
      String(one.line),
      timeText(one.at),
      one.act,
      printable(one.actor),
      printable(one.from ?? "-"),
      printable(one.to ?? "-"),
      printable(one.reason),
    ]),
  );
  output.line();
  for (const signer of ["Released by", "Received by"])
    output.line(`${signer.padEnd(16)} ____________________  Date ____________`);
}

const exportCommand: Command = {
  name: "evidence export",
  summary: "write an archive to one file that anyone can verify",
  description: [
    "The file is a tar packed with Zstandard, and verifies by itself: `firebreak evidence verify FILE`, or firebreak-verify " +
      "with plain Node. Its custody says who exported it and why. Guard it like the archive: workspaces and output are in it as they were.",
  ],
  positionals: [{ name: "ARCHIVE", summary: "an archive's id" }],
  options: {
    out: { type: "string", value: "FILE", summary: "a file that does not exist yet (ARCHIVE.tar.zst)" },
    reason: { type: "string", value: "TEXT", summary: "why, for the custody log" },
  },
  examples: ['firebreak evidence export evd_01… --reason "for the auditor"'],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args, workingDirectory }) => {
    const id = args.positional(0) ?? "";
    const reason = args.requiredText("reason", 3);
    const file = path.resolve(workingDirectory, args.text("out") ?? `${path.basename(id)}.tar.zst`);
    const content = await client.download(
      `/evidence/${encodeURIComponent(id)}/export?reason=${encodeURIComponent(reason)}`,
    );
    await writeNew(file, content);
    output.result({ id, file });
    output.line(`Exported to ${printable(file)}`);
    output.line(`Verify it anywhere: firebreak evidence verify ${printable(path.basename(file))}`);
    return EXIT.ok;
  },
};

/** The file is new, and is taken away again when its content breaks off. */
async function writeNew(file: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const { rm } = await import("node:fs/promises");
  const target = createWriteStream(file, { flags: "wx", mode: 0o600 });
  try {
    await pipeline(content, target);
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") {
      throw new OperatorError(`${file} exists already.`, "Name another file: what exists is not replaced.", { cause });
    }
    await rm(file, { force: true });
    throw new OperatorError(`${file} was not written: ${messageOf(cause)}`, "See whether the disk is full.", { cause });
  }
}

const transfer: Command = {
  name: "evidence transfer",
  summary: "put on record that an archive was handed over",
  positionals: [{ name: "ARCHIVE", summary: "an archive's id" }],
  options: {
    to: { type: "string", value: "WHOM", summary: "the person or office that has it now" },
    reason: { type: "string", value: "TEXT", summary: "why" },
  },
  examples: ['firebreak evidence transfer evd_01… --to "Court of Essen" --reason "order 12 C 34"'],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args }) => {
    const body = { to: args.requiredText("to", 2), reason: args.requiredText("reason", 3) };
    const id = encodeURIComponent(args.positional(0) ?? "");
    const custody = await client.post(pageOf(evidenceCustodyView), `/evidence/${id}/transfers`, body);
    output.result(custody);
    output.line(`On record: handed to ${printable(body.to)}`);
    return EXIT.ok;
  },
};

const openCommand: Command = {
  name: "evidence open",
  summary: "look into an archive from elsewhere; nothing is unpacked",
  description: [
    "Reads an archive's directory or exported file (.tar.zst, .tar), verifies it and lists its items; needs no server. " +
      "--item shows the beginning of one: text with control characters shown as marks, anything else as hexadecimal " +
      "digits. --out writes the item's bytes to a new file instead.",
    "Ends with 1 when the archive is not intact.",
  ],
  positionals: [{ name: "FILE", summary: "an archive's directory or exported file" }],
  options: {
    item: { type: "string", value: "N", summary: "the item's number in the list" },
    out: { type: "string", value: "FILE", summary: "write the item there; a file that does not exist yet" },
  },
  examples: ["firebreak evidence open ./evd_01….tar.zst", "firebreak evidence open ./evd_01….tar.zst --item 3"],
  exits: ALWAYS,
  run: async ({ output, args, workingDirectory }) => {
    const { openForeign } = await import("../../evidence/index.ts");
    const item = args.count("item", { min: 0, max: 100_000 });
    const out = args.text("out");
    if (out !== undefined && item === undefined)
      throw usageError(openCommand, "--out needs --item: which one to write.");
    const archive = await openForeign(path.resolve(workingDirectory, args.positional(0) ?? ""));
    const { intact, findings, manifest, states, signedBy, manifestSha256 } = archive.verdict;
    if (!intact)
      output.note(
        `NOT INTACT: ${findings.length} finding(s), the first: ${printable(findings[0]?.item ?? "")} ${printable(findings[0]?.message ?? "")}`,
      );
    const code = intact ? EXIT.ok : EXIT.failed;
    if (item !== undefined && out !== undefined) {
      const file = path.resolve(workingDirectory, out);
      await writeNew(file, archive.content(item));
      output.result({ item, file });
      output.line(`Written to ${printable(file)}`);
      return code;
    }
    if (item !== undefined) {
      const preview = await archive.preview(item);
      output.result(preview);
      for (const line of preview.text.split("\n")) output.line(printable(line));
      if (preview.next !== null)
        output.note(`The first ${preview.bytes} of ${preview.bytesTotal} bytes; --out writes all.`);
      return code;
    }
    const items = (manifest?.items ?? []).map((one, index) => ({ ...one, index }));
    output.result({ id: manifest?.archiveId ?? null, intact, findings, states, signedBy, manifestSha256, items });
    output.line(output.style.bold(`${manifest?.archiveId}: ${printable(manifest?.reason ?? "")}`));
    output.line(
      `${states.collected} whole, ${states.degraded} in part, ${states.failed} not had; sealed by key ${signedBy || "(none)"}`,
    );
    printItems(output, items);
    return code;
  },
};

export const evidenceReadCommands: readonly Command[] = [show, exportCommand, openCommand, transfer];
