import { createHmac, randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { codeOf, ensurePrivateDir, withFileLock, writeFileAtomic } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * How far a rotation is, without any value: digests are keyed with a secret of this installation, so that nobody can try
 * values against them. It is written before and after each step, so that after a crash it is known what stands where.
 */
export const rotationRecord = z.strictObject({
  version: z.literal(1),
  /** the step or action that asked last; the same one again is the same rotation */
  id: z.string(),
  /** what the provider knows it by: the one that asked first */
  rotation: z.string(),
  credential: z.string(),
  /** `making`: the new value is asked for; `writing`: stores get it; `proving`: the old one is to be refused */
  state: z.enum(["making", "writing", "proving", "done"]),
  startedAt: z.string(),
  by: z.string(),
  /** null when there was none, or it could not be read */
  oldDigest: digest.nullable(),
  newDigest: digest.nullable(),
  /** labels of the stores that hold the new value */
  written: z.array(z.string()),
  /** how many of the consumers were restarted */
  restarted: z.number().int(),
  isRevoked: z.boolean(),
  /** whether the old value was proved refused; null while nobody asked */
  isProved: z.boolean().nullable(),
  message: z.string(),
});
export type RotationRecord = z.infer<typeof rotationRecord>;

/** The two values, while a rotation is under way; a file of mode 0600 in the home's secrets, gone when it is done. */
const values = z.strictObject({ old: z.string().nullable(), new: z.string() });
export type RotationValues = z.infer<typeof values>;

const rotationsOf = (home: string) => path.join(home, "rotations");
const recordFile = (home: string, name: string) => path.join(rotationsOf(home), `${name}.json`);
const valuesFile = (home: string, name: string) => path.join(home, "secrets", `rotation-${name}`);

/** A rotation of several stores and restarts may take minutes. */
const PATIENCE = { heldTooLongMs: 30 * 60_000, giveUpMs: 60_000 };

/** One rotation of a credential at a time. @throws FirebreakError conflict while another goes on */
export async function withRotationLock<T>(
  { home, clock }: { readonly home: string; readonly clock: Clock },
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  ensurePrivateDir(rotationsOf(home));
  return withFileLock(path.join(rotationsOf(home), `${name}.lock`), clock, work, PATIENCE);
}

export function readRotation(home: string, name: string): RotationRecord | null {
  const text = readText(recordFile(home, name));
  return text === null ? null : rotationRecord.parse(JSON.parse(text));
}

export function writeRotation(home: string, record: RotationRecord): void {
  writeFileAtomic(recordFile(home, record.credential), `${JSON.stringify(record, null, 1)}\n`, { durable: true });
}

export function readValues(home: string, name: string): RotationValues | null {
  const text = readText(valuesFile(home, name));
  return text === null ? null : values.parse(JSON.parse(text));
}

export function writeValues(home: string, name: string, given: RotationValues): void {
  ensurePrivateDir(path.join(home, "secrets"));
  writeFileAtomic(valuesFile(home, name), JSON.stringify(given), { durable: true });
}

export function forgetValues(home: string, name: string): void {
  rmSync(valuesFile(home, name), { force: true });
}

/** @returns how a value stands in records */
export function digestOf(home: string, value: string): string {
  const file = path.join(home, "secrets", "rotation-key");
  if (!existsSync(file)) {
    ensurePrivateDir(path.join(home, "secrets"));
    writeFileAtomic(file, randomBytes(32).toString("hex"), { durable: true });
  }
  return createHmac("sha256", readFileSync(file, "utf8")).update(value).digest("hex");
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return null;
    throw fault;
  }
}
