import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { canonicalJson, codeOf, openSigningKey, writeFileAtomic } from "../../kernel/index.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const PATH_CHARACTERS_MAX = 4096;
export const MESSAGE_CHARACTERS_MAX = 1000;
const relativePath = z.string().min(1).max(PATH_CHARACTERS_MAX);

/** One thing in a folder of skills. Paths are relative to the folder; their first part is the skill. */
export const skillEntry = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("file"),
    path: relativePath,
    sha256,
    size: z.number().int(),
    mode: z.number().int(),
  }),
  z.strictObject({ kind: z.literal("directory"), path: relativePath, mode: z.number().int() }),
  z.strictObject({ kind: z.literal("symlink"), path: relativePath, target: z.string().max(4096) }),
  /** a socket, a pipe, a device; or a file that could not be read or is too big to be judged */
  z.strictObject({ kind: z.literal("other"), path: relativePath, what: z.string().max(200) }),
]);
export type SkillEntry = z.infer<typeof skillEntry>;

/** What a hash alone does not show. */
export const FINDING_CODES = [
  "symlink_outside",
  "hard_link",
  "special_file",
  "lookalike_name",
  "unreadable",
  "too_large",
  "swapped",
] as const;
export const skillFinding = z.strictObject({
  code: z.enum(FINDING_CODES),
  path: relativePath,
  message: z.string().max(MESSAGE_CHARACTERS_MAX),
});
export type SkillFinding = z.infer<typeof skillFinding>;

export const ENTRIES_MAX = 20_000;
export const folderScan = z.strictObject({
  entries: z.array(skillEntry).max(ENTRIES_MAX),
  findings: z.array(skillFinding).max(ENTRIES_MAX),
});
export type FolderScan = z.infer<typeof folderScan>;

/** The skills as a person approved them. */
export const baseline = folderScan.extend({
  version: z.literal(1),
  /** as people name it */
  folder: z.string(),
  truePath: z.string(),
  madeAt: z.string(),
  madeBy: z.string(),
  reason: z.string(),
});
export type Baseline = z.infer<typeof baseline>;

const KEY_NAME = "skills-key";
const signed = z.strictObject({ document: z.unknown(), keyId: z.string(), signature: z.string() });

/** A signed document is not what was signed, or not by this installation. */
export class SignatureFault extends Error {
  override readonly name = "SignatureFault";
}

/** Writes a document with a signature over its canonical JSON; durable. */
export function writeSigned(home: string, file: string, document: unknown): void {
  const key = openSigningKey(home, KEY_NAME);
  const signature = key.sign(Buffer.from(canonicalJson(document))).toString("base64");
  writeFileAtomic(file, `${JSON.stringify({ document, keyId: key.keyId, signature }, null, 1)}\n`, { durable: true });
}

/**
 * @returns the document; null when there is no such file
 * @throws SignatureFault when it was changed, or signed by another key
 */
export function readSigned<S extends z.ZodType>(home: string, file: string, schema: S): z.output<S> | null {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return null;
    throw fault;
  }
  const envelope = signed.safeParse(parseJson(text));
  const key = createPublicKey(openSigningKey(home, KEY_NAME).publicKeyPem);
  const isGenuine =
    envelope.success &&
    verify(
      null,
      Buffer.from(canonicalJson(envelope.data.document)),
      key,
      Buffer.from(envelope.data.signature, "base64"),
    );
  const document = isGenuine ? schema.safeParse(envelope.data.document) : undefined;
  if (document?.success === true) return document.data;
  throw new SignatureFault(`${file} is not as this installation signed it: somebody changed it, or the key`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
