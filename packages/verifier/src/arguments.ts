import { parseArgs } from "node:util";

export const USAGE = `firebreak-verify: verify what Firebreak exported

Usage: firebreak-verify [OPTIONS] DIRECTORY
       firebreak-verify [OPTIONS] --proof FILE --entry FILE
       firebreak-verify [OPTIONS] --archive PATH
       firebreak-verify [OPTIONS] --export FILE

Derives every hash of the log from its entries and compares it with the tiles, the
signed checkpoint and every earlier checkpoint it is given; or checks an evidence
archive or exported events against a signed manifest. Needs no network, no server and no trust in
whoever gave you the directory, if you got a key or a checkpoint another way.

  DIRECTORY          a log in the layout of C2SP tlog-tiles

Options:
  --key KEY          a key that may sign, name+id+base64, or a file of such lines;
                     without it the keys in the directory are taken, which proves
                     only that the log agrees with itself
  --checkpoint FILE  signed checkpoints that were kept elsewhere, one or many in a file; may be repeated
  --key-change FILE  a note by which one key handed over to the next; may be repeated
  --witness KEY      a witness whose cosignature counts, name+id+base64; may be repeated
  --witnesses N      how many of them must have cosigned one checkpoint (all)
  --proof FILE       instead of a directory: a proof (C2SP tlog-proof) …
  --entry FILE       … and the entry that it is about, byte for byte
  --archive PATH     an evidence archive: its directory, .tar, or with Node.js 22.15
                     or newer .tar.zst. With DIRECTORY both are verified, and the
                     archive's custody is compared with what the log says of it
  --archive-key ID   the key that must have sealed the archive
  --export FILE      exported events; needs --key
  --manifest FILE    their manifest (FILE.manifest)
  --json             print the verdict as JSON
  -h, --help         explain this command

Exit codes:
  0  intact
  1  something is not as it was logged or sealed; each finding says what and where
  2  the command line is not right; nothing was verified
`;

export interface Arguments {
  readonly directory: string | undefined;
  readonly keys: readonly string[];
  readonly checkpoints: readonly string[];
  readonly keyChanges: readonly string[];
  readonly witnesses: readonly string[];
  /** undefined: all of them */
  readonly witnessesRequired: number | undefined;
  readonly proof: string | undefined;
  readonly entry: string | undefined;
  readonly archive: string | undefined;
  readonly archiveKey: string | undefined;
  readonly exported: string | undefined;
  readonly manifest: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws Error with what is wrong with the command line */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      key: { type: "string", multiple: true },
      checkpoint: { type: "string", multiple: true },
      "key-change": { type: "string", multiple: true },
      witness: { type: "string", multiple: true },
      witnesses: { type: "string" },
      proof: { type: "string" },
      entry: { type: "string" },
      archive: { type: "string" },
      "archive-key": { type: "string" },
      export: { type: "string" },
      manifest: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const { key = [], checkpoint = [], witness = [], proof, entry, archive, json = false, help = false } = values;
  const archiveKey = values["archive-key"];
  const { export: exported, manifest } = values;
  const [directory, surplus] = positionals;
  if (surplus !== undefined) throw new Error(`there is one directory to verify, and ${surplus} is another`);
  if (!help && (proof === undefined) !== (entry === undefined)) throw new Error("--proof and --entry belong together");
  const isNothing = directory === undefined && proof === undefined && archive === undefined;
  const isOther = (exported ?? proof) !== undefined;
  const isSeveral = isOther && (directory ?? archive ?? (exported === undefined ? undefined : proof)) !== undefined;
  if (!help && ((isNothing && exported === undefined) || isSeveral)) {
    throw new Error("name a directory, a proof and its entry, an archive, or exported events");
  }
  if (manifest !== undefined && exported === undefined) throw new Error("--manifest belongs to --export");
  if (archiveKey !== undefined && !/^[0-9a-f]{64}$/.test(archiveKey)) {
    throw new Error("--archive-key is 64 hexadecimal digits, as `firebreak evidence verify` prints them");
  }
  const required = values.witnesses === undefined ? undefined : Number(values.witnesses);
  if (required !== undefined && !(Number.isInteger(required) && required >= 1 && required <= witness.length)) {
    throw new Error(`--witnesses is a number from 1 to that of the --witness given, which is ${witness.length}`);
  }
  const asked = { keys: key, checkpoints: checkpoint, keyChanges: values["key-change"] ?? [], witnesses: witness };
  return {
    directory,
    ...asked,
    witnessesRequired: required,
    proof,
    entry,
    archive,
    archiveKey,
    exported,
    manifest,
    json,
    help,
  };
}
