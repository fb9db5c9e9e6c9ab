#!/usr/bin/env node
import path from "node:path";
import { readArguments, USAGE } from "./arguments.ts";
import type { Arguments } from "./arguments.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { parseWitnessKey, readCosignatures } from "./cosignature.ts";
import type { WitnessKey } from "./cosignature.ts";
import { createDirectorySource, KEYS, readPlainFile } from "./directory-source.ts";
import { ENTRY_BYTES_MAX } from "./entries.ts";
import { verifyExportFile } from "./export-manifest.ts";
import { hashLeaf } from "./hash.ts";
import { followKeys } from "./key-change.ts";
import { findCheckpoints } from "./note-set.ts";
import { isSignedBy, parseNote, parseVerifierKey } from "./note.ts";
import type { VerifierKey } from "./note.ts";
import { parseProofFile } from "./proof-file.ts";
import { verifyInclusion } from "./proof.ts";
import { readLoggedCustody } from "./archive/logged-custody.ts";
import type { LoggedCustody } from "./archive/verify-archive.ts";
import { verifyEvidence } from "./verify-evidence.ts";
import type { Head } from "./source.ts";
import { verifyLog } from "./verify-log.ts";
import type { LogVerdict } from "./verify-log.ts";

const FILE_BYTES_MAX = 1024 * 1024;
const CHECKPOINTS_BYTES_MAX = 64 * 1024 * 1024;

/** What a person has to mend: a file that is not there, a key that is none. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

function readText(file: string, bytesMax = FILE_BYTES_MAX): string {
  const bytes = readPlainFile(file, bytesMax);
  if (bytes === undefined) {
    throw new UsageError(`${file} cannot be read: it has to be a file of at most ${bytesMax / FILE_BYTES_MAX} MiB`);
  }
  return bytes.toString("utf8");
}

/** @param given keys as text, or names of files that hold them */
function readKeys(given: readonly string[]): VerifierKey[] {
  return given.flatMap((one) => {
    const key = parseVerifierKey(one);
    return key === undefined ? parseKeys(readText(one), one) : [key];
  });
}

function parseKeys(text: string, file: string): VerifierKey[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const key = parseVerifierKey(line);
    if (key === undefined) throw new UsageError(`${file} holds a line that is no key: name+id+base64`);
    return key;
  });
}

function readWitnesses(given: readonly string[]): WitnessKey[] {
  return given.map((one) => {
    const key = parseWitnessKey(one);
    if (key === undefined) throw new UsageError(`${one} is no key of a witness: name+id+base64, of type 4`);
    return key;
  });
}

/** @param files each holds one signed checkpoint, or many one after the other */
function readTrusted(files: readonly string[]): Head[] {
  return files.flatMap((file) => {
    const text = readText(file, CHECKPOINTS_BYTES_MAX);
    const found = findCheckpoints(text);
    return found.length === 0 ? [{ name: file, note: text }] : found.map((note) => ({ name: file, note }));
  });
}

async function verifyDirectory(directory: string, given: Arguments): Promise<LogVerdict> {
  const { keys, checkpoints, json } = given;
  const own =
    keys.length === 0 ? readPlainFile(path.join(directory, KEYS), FILE_BYTES_MAX)?.toString("utf8") : undefined;
  const verdict = await verifyLog({
    source: createDirectorySource(directory),
    keys: own === undefined ? readKeys(keys) : parseKeys(own, path.join(directory, KEYS)),
    trusted: readTrusted(checkpoints),
    keyChanges: given.keyChanges.map((file) => readText(file)),
    witnesses: readWitnesses(given.witnesses),
    ...(given.witnessesRequired === undefined ? {} : { witnessesRequired: given.witnessesRequired }),
    onProgress: process.stderr.isTTY && !json ? showProgress : () => undefined,
  });
  if (json) process.stdout.write(`${JSON.stringify({ ...verdict, keysFromLog: own !== undefined })}\n`);
  else {
    for (const { code, message, from, to } of verdict.findings) {
      const place = from === undefined ? "" : ` [${from === to ? from : `${from} to ${to}`}]`;
      process.stdout.write(`${code}${place}: ${message}\n`);
    }
    for (const { record, at, policy, entries } of verdict.deletions) {
      process.stdout.write(
        `deleted by policy on ${plain(at)}, ${entries} entries: ${plain(policy)} (entry ${record})\n`,
      );
    }
    const { origin, size, root, heads, witnessed, findingsTotal } = verdict;
    if (witnessed !== null) {
      process.stdout.write(
        `witnessed: the first ${witnessed.size} entries, by ${witnessed.witnesses.map(plain).join(", ")}\n`,
      );
    }
    const heard = `${size} entries, root ${root ?? "unknown"}, ${heads} earlier checkpoints compared`;
    process.stdout.write(
      `${verdict.intact ? "intact" : `${findingsTotal} finding(s)`}: ${origin ?? "no log"}, ${heard}\n`,
    );
    if (own !== undefined) process.stdout.write("The keys came with the log: give --key to know whose it is.\n");
  }
  return verdict;
}

/** The log first: what it says of an archive's custody is worth nothing when it is not as it was logged. */
async function verifyAll(given: Arguments): Promise<number> {
  const { directory, archive, archiveKey, json } = given;
  const log = directory === undefined ? undefined : await verifyDirectory(directory, given);
  if (log?.intact === false) return 1;
  if (archive === undefined) return 0;
  const logSource = directory === undefined ? undefined : createDirectorySource(directory);
  const readCustody = async (id: string): Promise<readonly LoggedCustody[] | undefined> =>
    logSource === undefined ? undefined : readLoggedCustody(logSource, log?.size ?? 0, id);
  return (await verifyEvidence(archive, { expectedKeyId: archiveKey, readCustody, json })) ? 0 : 1;
}

/** @returns the text without what a terminal would obey */
const plain = (text: string): string => text.replaceAll(/[^\x20-\x7E]/g, "?");

function showProgress(done: number, size: number): void {
  const end = done === size ? "\r\u001b[K" : "";
  if (done % 25_600 === 0 || done === size) process.stderr.write(`\r${Math.floor((done / size) * 100)} %${end}`);
}

/** A proof says nothing without a key: who signed its checkpoint is all it rests on. */
function verifyProof(proofFile: string, entryFile: string, given: Arguments): number {
  const { keys, json } = given;
  if (keys.length === 0)
    throw new UsageError("a proof needs --key: the key of the log, got another way than the proof");
  const proof = parseProofFile(readText(proofFile));
  const entry = readPlainFile(entryFile, ENTRY_BYTES_MAX);
  if (entry === undefined) throw new UsageError(`${entryFile} cannot be read`);
  const note = proof === undefined ? undefined : parseNote(proof.checkpoint);
  const checkpoint = note === undefined ? undefined : parseCheckpoint(note.text);
  const changes = given.keyChanges.map((file) => readText(file));
  const isSigned = note !== undefined && isSignedBy(note, followKeys(readKeys(keys), changes));
  const witnesses = readWitnesses(given.witnesses);
  const cosigned = note === undefined ? 0 : readCosignatures(note, witnesses).length;
  const isWitnessed = cosigned >= (given.witnessesRequired ?? witnesses.length);
  const isIncluded =
    proof !== undefined &&
    checkpoint !== undefined &&
    verifyInclusion({ ...proof, size: checkpoint.size, root: checkpoint.root, leafHash: hashLeaf(entry) });
  const intact = isSigned && isIncluded && isWitnessed;
  if (json)
    process.stdout.write(
      `${JSON.stringify({ intact, isSigned, isIncluded, isWitnessed, origin: checkpoint?.origin ?? null })}\n`,
    );
  else if (intact) process.stdout.write(`intact: entry ${proof.index} of ${checkpoint.size} in ${checkpoint.origin}\n`);
  else process.stdout.write(`not proved: ${whyNot({ isSigned, isIncluded })}\n`);
  return intact ? 0 : 1;
}

/** Exported events against their manifest: as with a proof, all rests on whose key signed. */
async function verifyExport(file: string, { manifest, keys, json }: Arguments): Promise<number> {
  if (keys.length === 0)
    throw new UsageError("exported events need --key: the key of the log, got another way than the file");
  const note = readText(manifest ?? `${file}.manifest`);
  const { problem, content } = await verifyExportFile(file, { note, keys: readKeys(keys) });
  if (json) process.stdout.write(`${JSON.stringify({ intact: problem === null, problem, manifest: content })}\n`);
  else
    process.stdout.write(
      problem === null ? `intact: ${String(content?.["events"])} events\n` : `not intact: ${problem}\n`,
    );
  return problem === null ? 0 : 1;
}

function whyNot({ isSigned, isIncluded }: { readonly isSigned: boolean; readonly isIncluded: boolean }): string {
  if (!isSigned) return "no known key signed";
  return isIncluded ? "not enough witnesses cosigned" : "the entry is not where the proof says";
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const given = readArguments(args);
    if (given.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const { proof, entry = "", exported } = given;
    if (exported !== undefined) return await verifyExport(exported, given);
    return proof === undefined ? await verifyAll(given) : verifyProof(proof, entry, given);
  } catch (error) {
    process.stderr.write(`firebreak-verify: ${error instanceof Error ? error.message : String(error)}\n`);
    process.stderr.write("See: firebreak-verify --help\n");
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
