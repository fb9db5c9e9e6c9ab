import { parseArgs } from "node:util";

export const USAGE = `firebreak-verify: verify a log that Firebreak exported

Usage: firebreak-verify [OPTIONS] DIRECTORY
       firebreak-verify [OPTIONS] --proof FILE --entry FILE

Derives every hash of the log from its entries and compares it with the tiles, the
signed checkpoint and every earlier checkpoint it is given. Needs no network, no
server and no trust in whoever gave you the directory, if you got a key or a
checkpoint another way.

  DIRECTORY          a log in the layout of C2SP tlog-tiles

Options:
  --key KEY          a key that may sign, name+id+base64, or a file of such lines;
                     without it the keys in the directory are taken, which proves
                     only that the log agrees with itself
  --checkpoint FILE  a signed checkpoint that was kept elsewhere; may be repeated
  --proof FILE       instead of a directory: a proof (C2SP tlog-proof) …
  --entry FILE       … and the entry that it is about, byte for byte
  --json             print the verdict as JSON
  -h, --help         explain this command

Exit codes:
  0  intact
  1  something is not as it was logged; each finding says what and where
  2  the command line is not right; nothing was verified
`;

export interface Arguments {
  readonly directory: string | undefined;
  readonly keys: readonly string[];
  readonly checkpoints: readonly string[];
  readonly proof: string | undefined;
  readonly entry: string | undefined;
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
      proof: { type: "string" },
      entry: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const { key = [], checkpoint = [], proof, entry, json = false, help = false } = values;
  const [directory, surplus] = positionals;
  if (surplus !== undefined) throw new Error(`there is one directory to verify, and ${surplus} is another`);
  if (!help && (proof === undefined) !== (entry === undefined)) throw new Error("--proof and --entry belong together");
  if (!help && (directory === undefined) === (proof === undefined)) {
    throw new Error("name a directory, or a proof and its entry");
  }
  return { directory, keys: key, checkpoints: checkpoint, proof, entry, json, help };
}
