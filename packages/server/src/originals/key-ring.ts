import { execFile } from "node:child_process";
import { createHash, createSecretKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { ensurePrivateDir, messageOf, OperatorError, writeFileAtomic } from "../kernel/index.ts";
import type { ReadSecret, RedactionPolicy } from "../kernel/index.ts";

/** A key-encryption key. */
export interface Kek {
  /** tells keys apart and says nothing of them */
  readonly id: string;
  readonly key: KeyObject;
}

/** The key-encryption keys of this installation. The newest encrypts; the others are there until nothing needs them. */
export interface KeyRing {
  current(): Kek;
  find(id: string): Kek | undefined;
  /** all but the newest */
  older(): readonly Kek[];
  /** whether we may make and forget keys here; false where the profile says from where they come */
  readonly isOwn: boolean;
  /** Makes a new key, which encrypts from now on. */
  renew(): void;
  /** Forgets every key but the newest. */
  forgetOlder(): void;
}

export interface KeyRingOptions {
  readonly home: string;
  readonly source: RedactionPolicy["key"];
  readonly readSecret: ReadSecret;
}

const FILE = "originals-keys";
const KEY_BYTES = 32;
const COMMAND_TIMEOUT_MS = 10_000;
const OUTPUT_BYTES_MAX = 64 * 1024;

/**
 * Opens the keys where the profile says, else the file `<home>/secrets/originals-keys`, which is made the first time.
 *
 * @throws OperatorError when there is no key that can be used; never with what was read
 */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { source } = options;
  if (source === undefined) return openOwnFile(options.home);
  const text = "env" in source ? await options.readSecret(source.env) : await runCommand(source.command);
  const place =
    "env" in source ? `The secret ${source.env}` : `The output of ${path.basename(source.command[0] ?? "")}`;
  if (text === undefined) {
    throw new OperatorError(`${place} is not there.`, "Set the variable, or write the file secrets/NAME of the home.");
  }
  const keys = parseKeys(text, place);
  const refuse = () => {
    throw new Error("keys that come from elsewhere are made and forgotten there");
  };
  return { ...ringOf(() => keys), isOwn: false, renew: refuse, forgetOlder: refuse };
}

function ringOf(read: () => readonly Kek[]): Pick<KeyRing, "current" | "find" | "older"> {
  return {
    current: () => {
      const [newest] = read();
      if (newest === undefined) throw new Error("a key ring has a key");
      return newest;
    },
    find: (id) => read().find((kek) => kek.id === id),
    older: () => read().slice(1),
  };
}

function openOwnFile(home: string): KeyRing {
  const directory = path.join(home, "secrets");
  const file = path.join(directory, FILE);
  const write = (keks: readonly Kek[]) => {
    const lines = keks.map(({ key }) => key.export().toString("base64"));
    writeFileAtomic(file, `${lines.join("\n")}\n`, { durable: true });
    return keks;
  };
  ensurePrivateDir(directory);
  let keks = existsSync(file) ? parseKeys(readFileSync(file, "utf8"), file) : write([newKek()]);
  return {
    ...ringOf(() => keks),
    isOwn: true,
    renew: () => {
      keks = write([newKek(), ...keks]);
    },
    forgetOlder: () => {
      keks = write(keks.slice(0, 1));
    },
  };
}

const newKek = () => toKek(randomBytes(KEY_BYTES));

function toKek(bytes: Buffer): Kek {
  const id = createHash("sha256").update("firebreak key of originals\n").update(bytes).digest("hex").slice(0, 16);
  return { id, key: createSecretKey(bytes) };
}

/** @param text 32 bytes each, in hexadecimal or base64, newest first, between spaces, line ends or commas */
function parseKeys(text: string, place: string): Kek[] {
  const words = text.split(/[\s,]+/).filter(Boolean);
  const keys = words.map((word) => Buffer.from(word, /^[\da-f]{64}$/i.test(word) ? "hex" : "base64"));
  if (keys.length === 0 || keys.some((key) => key.length !== KEY_BYTES)) {
    throw new OperatorError(
      `${place} holds no key of ${KEY_BYTES} bytes.`,
      "Give keys of 32 random bytes in base64, newest first: openssl rand -base64 32",
    );
  }
  return keys.map(toKek);
}

async function runCommand([file = "", ...args]: readonly string[]): Promise<string> {
  try {
    const options = { timeout: COMMAND_TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX };
    return (await promisify(execFile)(file, args, options)).stdout;
  } catch (fault) {
    const why = messageOf(fault).split("\n")[0] ?? "";
    throw new OperatorError(
      `The program that gives the key of originals failed: ${why}`,
      "Run it by hand as the user of the server.",
    );
  }
}
