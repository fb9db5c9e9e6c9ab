import { existsSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  auditEntriesView,
  auditHeadView,
  auditLogView,
  auditProofView,
  auditTileView,
  auditVerdictView,
  pageOf,
} from "@firebreak/protocol";
import type { AuditLogView, AuditVerdictView } from "@firebreak/protocol";
import {
  createDirectorySource,
  HASH_BYTES,
  KEYS,
  parseVerifierKey,
  parseWitnessKey,
  verifyLog,
} from "@firebreak/verifier";
import type { Finding, Head, LogSource, VerifierKey, WitnessKey } from "@firebreak/verifier";
import { readFileSync } from "node:fs";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { ApiClient } from "../client.ts";
import type { Command } from "../command.ts";
import { auditActCommands } from "./audit-acts.ts";
import { auditChainCommands } from "./audit-chain.ts";
import { headsIn, readKeptHeads } from "./audit-kept-heads.ts";
import { auditKeyCommands } from "./audit-keys.ts";
import { auditShipCommands, tellShipment, tellTrouble } from "./audit-ship.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";

/** A whole log is derived anew: ten million entries take minutes. */
const VERIFY_TIMEOUT_MS = 60 * 60_000;

const NOBODY_OUTSIDE =
  "Nobody outside knows this log: who can write to the database and to this home could replace all of it unseen.";

const head: Command = {
  name: "audit head",
  summary: "the log's signed checkpoint and keys, to be kept elsewhere",
  description: [
    "Every event and every act of a person, token, rule or daemon is an entry of one log (a hash tree, RFC 6962), whose " +
      "checkpoint is signed about every quarter of a second while something happens.",
    "Keep a checkpoint and the key where whoever may write to the database cannot: with them `audit verify` finds also " +
      "a log that was replaced as a whole.",
  ],
  options: { out: { type: "string", value: "FILE", summary: "write the checkpoint there" } },
  examples: ["firebreak audit head", "firebreak audit head --out /mnt/elsewhere/checkpoint"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args, workingDirectory }) => {
    const log = await client.get(auditLogView, "/audit/log");
    const out = args.text("out");
    if (out !== undefined) writeFileSync(path.resolve(workingDirectory, out), log.checkpoint);
    output.result(log);
    output.line(log.checkpoint.trimEnd());
    output.line();
    for (const key of log.keys) output.line(`key ${printable(key)}`);
    const { lastCheck, witnessed, shipments } = log;
    for (const shipment of shipments) tellShipment(shipment, output);
    if (witnessed !== null) tellWitnesses(witnessed, output);
    if (log.checking !== null) {
      output.line(`A check is under way: ${log.checking.done} of ${log.checking.size} entries.`);
    }
    if (lastCheck === null) output.line("Never checked on this node: `firebreak audit verify`.");
    else {
      const verdict = lastCheck.intact ? "as it was signed, by this server's own keys" : output.style.red("NOT INTACT");
      output.line(`Checked ${timeText(lastCheck.at)}: ${verdict}, ${lastCheck.entries} entries`);
    }
    const isKnownOutside = shipments.some(({ size }) => size > 0) || (witnessed?.size ?? 0) > 0;
    if (!isKnownOutside) output.line(output.style.yellow(NOBODY_OUTSIDE));
    return EXIT.ok;
  },
};

function tellWitnesses({ required, size, witnesses }: Witnessed, output: Output): void {
  const told = size === 0 ? output.style.red("no checkpoint yet") : `the first ${size} entries`;
  output.line(`Cosigned by ${required} of ${witnesses.length} witness(es): ${told}`);
  for (const { name, size: seen, cosignedAt, ...trouble } of witnesses) {
    const when = cosignedAt === null ? "never" : `${seen} entries, ${timeText(cosignedAt)}`;
    output.line(`  ${printable(name)}: ${when}`);
    tellTrouble(trouble, output);
  }
}

type Witnessed = NonNullable<AuditLogView["witnessed"]>;

const verify: Command = {
  name: "audit verify",
  summary: "check the whole log: every entry, hash and checkpoint",
  description: [
    "Without DIRECTORY the server derives every hash anew from its tables and compares them with the tree, the signed " +
      "checkpoints, the one that it keeps outside the database, and the columns that people search by.",
    "With DIRECTORY, one that `audit export` wrote, nothing but that directory is needed. The same does firebreak-verify " +
      "of the package @firebreak/verifier, with plain Node and no Firebreak.",
    "Ends with 1 when anything was changed, removed, moved or cut off; each finding says what and where.",
  ],
  positionals: [{ name: "DIRECTORY", summary: "an exported log", optional: true }],
  options: {
    key: { type: "string", value: "KEY", summary: "the key that must have signed an export: name+id+base64" },
    checkpoint: { type: "string", value: "FILE", summary: "checkpoints that were kept elsewhere, one or many" },
    against: {
      type: "string",
      value: "PLACE",
      summary: "the same, where they were shipped: FILE, URL, git:REPO#BRANCH",
    },
    witness: { type: "string", repeatable: true, value: "KEY", summary: "a witness whose cosignature counts; repeat" },
    witnesses: { type: "string", value: "N", summary: "how many of them must have cosigned (all)" },
  },
  examples: [
    "firebreak audit verify",
    "firebreak audit verify --against git:/srv/audit-heads",
    "firebreak audit verify ./log --checkpoint /mnt/elsewhere/checkpoint",
  ],
  exits: ASKS_SERVER,
  run: async ({ client, output, args, workingDirectory }) => {
    const directory = args.positional(0);
    const at = (name: string) => path.resolve(workingDirectory, name);
    const options = {
      key: args.text("key"),
      trusted: await readTrusted(args.text("checkpoint"), args.text("against"), at),
      witnesses: args.texts("witness").map(parseWitness),
      required: requiredOf(args.text("witnesses"), args.texts("witness").length),
    };
    if (directory === undefined && (options.key !== undefined || options.witnesses.length > 0)) {
      throw usageError(verify, "--key and --witness are for an exported log: name its directory.");
    }
    const verdict =
      directory === undefined
        ? await client.post(
            auditVerdictView,
            "/audit/verify",
            { trusted: newestOf(options.trusted) },
            VERIFY_TIMEOUT_MS,
          )
        : { ...(await verifyDirectory(at(directory), options)), tableFindings: [] };
    output.result(verdict);
    for (const { code, message, from, to } of verdict.findings) {
      output.line(`${code}${placeOf({ from, to })}: ${printable(message)}`);
    }
    for (const { code, message } of verdict.tableFindings) output.line(`${code}: ${printable(message)}`);
    const { witnessed } = verdict;
    if (witnessed !== null) {
      output.line(`Witnessed: the first ${witnessed.size} entries, by ${printable(witnessed.witnesses.join(", "))}`);
    }
    for (const deletion of verdict.deletions) {
      const { policy, entries } = deletion;
      output.line(`deleted by policy on ${timeText(deletion.at)} UTC, ${entries} entries: ${printable(policy)}`);
    }
    const outside = options.trusted.length + (witnessed === null ? 0 : witnessed.witnesses.length);
    tellVerdict(verdict, outside, output);
    return verdict.intact ? EXIT.ok : EXIT.failed;
  },
};

const NOTHING_OUTSIDE =
  "Nothing from outside was compared: a log that was replaced as a whole would look the same. Compare what was kept " +
  "elsewhere: --checkpoint FILE, --against PLACE.";

type Told = Pick<AuditVerdictView, "size" | "deletedTotal" | "heads" | "intact">;

/** @param outside checkpoints and witnesses that this server has no hand in */
function tellVerdict(verdict: Told, outside: number, output: Output): void {
  const { size, deletedTotal, heads, intact } = verdict;
  const told = `${size} entries, ${deletedTotal} of them deleted by policy, ${heads} earlier checkpoints compared`;
  if (!intact) output.line(output.style.red(`NOT INTACT: ${told}; keep an export`));
  else if (outside > 0) output.line(output.style.green(`Intact, also by ${outside} word(s) from outside: ${told}`));
  else {
    output.line(`Intact by the log's own keys: ${told}`);
    output.line(output.style.yellow(NOTHING_OUTSIDE));
  }
}

const placeOf = ({ from, to }: Pick<Finding, "from" | "to">): string =>
  from === undefined ? "" : from === to ? ` [${from}]` : ` [${from} to ${to}]`;

function parseWitness(text: string): WitnessKey {
  const key = parseWitnessKey(text);
  if (key !== undefined) return key;
  throw new OperatorError(`${printable(text)} is no key of a witness.`, "It is name+id+base64, of type 4.");
}

function requiredOf(text: string | undefined, given: number): number {
  const required = text === undefined ? given : Number(text);
  if (Number.isInteger(required) && required <= given && required >= Math.min(1, given)) return required;
  throw usageError(verify, `--witnesses is a number from 1 to that of the --witness given, which is ${given}.`);
}

interface DirectoryOptions {
  readonly key: string | undefined;
  readonly trusted: readonly Head[];
  readonly witnesses: readonly WitnessKey[];
  readonly required: number;
}

async function verifyDirectory(directory: string, { key, trusted, witnesses, required }: DirectoryOptions) {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new OperatorError(
      `${directory} is no directory.`,
      "Export the log first: `firebreak audit export --out DIR`.",
    );
  }
  const keys = (key ?? readText(path.join(directory, KEYS))).split("\n").filter((line) => line.trim() !== "");
  const rules = { keys: keys.map(parseKey), trusted, witnesses, witnessesRequired: required };
  return verifyLog({ source: createDirectorySource(directory), ...rules });
}

/** What the server takes in one request. */
const TRUSTED_MAX = 1_000;

const newestOf = (trusted: readonly Head[]): string[] => trusted.slice(-TRUSTED_MAX).map(({ note }) => note);

async function readTrusted(
  checkpoint: string | undefined,
  against: string | undefined,
  at: (name: string) => string,
): Promise<Head[]> {
  return [
    ...(checkpoint === undefined ? [] : headsIn(checkpoint, readText(at(checkpoint)))),
    ...(against === undefined ? [] : headsIn(against, await readKeptHeads(against, at))),
  ];
}

function parseKey(text: string): VerifierKey {
  const key = parseVerifierKey(text);
  if (key === undefined)
    throw new OperatorError(`${printable(text)} is no key.`, "Take it from `firebreak audit head`.");
  return key;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (fault) {
    throw new OperatorError(`${file} cannot be read: ${messageOf(fault)}`, "Name a file that this user may read.");
  }
}

const exportCommand: Command = {
  name: "audit export",
  summary: "write the whole log to a directory that anyone can verify",
  description: [
    "Layout of C2SP tlog-tiles: checkpoint, tile/, tile/entries/, and beside them heads/ (earlier checkpoints) and keys. " +
      "Whatever is wrong in the log is exported as it is. The entries hold everything that agents and operators did: " +
      "keep them as carefully as the database.",
  ],
  options: { out: { type: "string", value: "DIR", summary: "a directory that does not exist yet" } },
  examples: ["firebreak audit export --out ./log"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args, workingDirectory }) => {
    const out = args.text("out");
    if (out === undefined) throw usageError(exportCommand, "--out names the directory to write.");
    const directory = path.resolve(workingDirectory, out);
    const { checkpoint, keys, keyChanges } = await client.get(auditLogView, "/audit/log");
    const source = createApiSource(client, checkpoint, keyChanges);
    const { exportLog } = await import("../../audit/index.ts");
    const { size } = await exportLog({ source, keys, directory, onProgress: progressOn(output) });
    output.result({ directory, size });
    output.line(`${size} entries in ${printable(directory)}. Verify them: firebreak audit verify ${printable(out)}`);
    return EXIT.ok;
  },
};

function progressOn(output: Output): (done: number, size: number) => void {
  let told = 0;
  return (done, size) => {
    const tenth = Math.floor((done / size) * 10);
    if (tenth === told || size < 100_000) return;
    told = tenth;
    output.note(`${tenth * 10} % of ${size} entries`);
  };
}

/** The log as the API gives it. */
function createApiSource(client: ApiClient, checkpoint: string, keyChanges: readonly string[]): LogSource {
  return {
    checkpoint: async () => checkpoint,
    keyChanges: async () => keyChanges,
    heads: async () => {
      const heads: Head[] = [];
      for (let after: string | null = "0"; after !== null;) {
        const page: { items: { size: number; checkpoint: string }[]; next: string | null } = await client.get(
          pageOf(auditHeadView),
          `/audit/heads?after=${after}`,
        );
        heads.push(...page.items.map((one) => ({ name: `the checkpoint at ${one.size}`, note: one.checkpoint })));
        after = page.next;
      }
      return heads;
    },
    tile: async ({ level, index, width }) => {
      const { hashes } = await client.get(auditTileView, `/audit/tiles/${level}/${index}`);
      return Buffer.from(hashes, "base64").subarray(0, width * HASH_BYTES);
    },
    entries: async ({ index, width }) => {
      const { entries } = await client.get(auditEntriesView, `/audit/entries/${index}`);
      return entries.slice(0, width).map((entry) => (entry === null ? undefined : Buffer.from(entry, "base64")));
    },
  };
}

const prove: Command = {
  name: "audit prove",
  summary: "prove that an event or act is in the log, for a third party",
  description: [
    "Writes PREFIX.tlog-proof (C2SP tlog-proof) and PREFIX.entry, what was logged byte for byte. Whoever has the key " +
      "checks them without Firebreak: firebreak-verify --key KEY --proof PREFIX.tlog-proof --entry PREFIX.entry",
  ],
  options: {
    event: { type: "string", value: "SEQ", summary: "the number of an event (seq)" },
    act: { type: "string", value: "SEQ", summary: "the number of an act (seq of GET /api/v1/audit)" },
    index: { type: "string", value: "N", summary: "a place in the log" },
    out: { type: "string", value: "PREFIX", summary: "what the two files are called (proof)" },
  },
  examples: ["firebreak audit prove --event 5120 --out incident-7", "firebreak audit prove --act 12"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async ({ client, output, args, workingDirectory }) => {
    const named = (["event", "act", "index"] as const).filter((name) => args.text(name) !== undefined);
    const [name] = named;
    if (name === undefined || named.length > 1) throw usageError(prove, "Name one of --event, --act or --index.");
    const query = `${name}=${encodeURIComponent(args.text(name) ?? "")}`;
    const proof = await client.get(auditProofView, `/audit/proof?${query}`);
    const prefix = path.resolve(workingDirectory, args.text("out") ?? "proof");
    writeFileSync(`${prefix}.tlog-proof`, proof.proof);
    writeFileSync(`${prefix}.entry`, Buffer.from(proof.entry, "base64"));
    output.result({ index: proof.index, proof: `${prefix}.tlog-proof`, entry: `${prefix}.entry` });
    output.line(`Entry ${proof.index}: ${printable(prefix)}.tlog-proof and .entry`);
    return EXIT.ok;
  },
};

export const auditCommands: readonly Command[] = [
  head,
  verify,
  exportCommand,
  prove,
  ...auditActCommands,
  ...auditShipCommands,
  ...auditKeyCommands,
  ...auditChainCommands,
];
