import { open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { codeOf, ensurePrivateDir, messageOf } from "../../kernel/index.ts";
import type { Logger } from "../../kernel/index.ts";

const mark = z.strictObject({ length: z.number().int().positive(), hash: z.string().max(64) });
/** Bytes of a file at a known place, by their hash. */
export type Mark = z.infer<typeof mark>;

const filePosition = z.strictObject({
  /** device and inode */
  key: z.string().max(64),
  path: z.string().max(4096),
  /** where the next line begins that is not stored */
  position: z.number().int().nonnegative(),
  /** what the file begins with: its first line, or so much of it */
  head: mark.optional(),
  /** what stands before `position` */
  anchor: mark.optional(),
  /** of a chained log: hash of the line before `position` */
  chainHash: z.string().max(128).optional(),
  /** moved away or removed: `read` to its end as far as anybody knows; `done`: not looked at any more */
  gone: z.enum(["read", "done"]).optional(),
  /** the time of lines before `to` that tell none: fixed before they are sent, so that a repeat says the same */
  seen: z.strictObject({ to: z.number().int().positive(), time: z.string().max(32) }).optional(),
});
export type FilePosition = z.infer<typeof filePosition>;

const positionsFile = z.strictObject({ version: z.literal(1), tails: z.record(z.string(), z.array(filePosition)) });

const FILE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * How far the tails have read, in `tails/positions.json` of the home. What is written follows what is stored: after a
 * crash lines are read again, and their events are known by their ids.
 */
export interface Positions {
  /** @returns undefined for a tail that never ran */
  of(tail: string): readonly FilePosition[] | undefined;
  set(tail: string, files: readonly FilePosition[]): void;
  /** Makes what was set durable. */
  save(): Promise<void>;
}

/** A file that cannot be read is set aside: then every file is read from its beginning, and nothing is counted twice. */
export async function openPositions(home: string, logger: Logger): Promise<Positions> {
  const directory = path.join(home, "tails");
  ensurePrivateDir(directory);
  const file = path.join(directory, "positions.json");
  const { tails, isDamaged } = await readPositions(file, logger);
  let isChanged = false;
  return {
    of: (tail) => tails.get(tail) ?? (isDamaged ? [] : undefined),
    set: (tail, files) => {
      tails.set(tail, files);
      isChanged = true;
    },
    save: async () => {
      if (!isChanged) return;
      isChanged = false;
      await writeDurable(file, JSON.stringify({ version: 1, tails: Object.fromEntries(tails) }));
    },
  };
}

async function readPositions(
  file: string,
  logger: Logger,
): Promise<{ tails: Map<string, readonly FilePosition[]>; isDamaged: boolean }> {
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes`);
    const { tails } = positionsFile.parse(JSON.parse(await readFile(file, "utf8")));
    return { tails: new Map(Object.entries(tails)), isDamaged: false };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { tails: new Map(), isDamaged: false };
    logger.warn("the positions of the tails cannot be read; files are read from their beginning", {
      file,
      problem: messageOf(error),
    });
    await rename(file, `${file}.damaged`).catch(() => undefined);
    return { tails: new Map(), isDamaged: true };
  }
}

async function writeDurable(file: string, text: string): Promise<void> {
  const temporary = `${file}.tmp`;
  await rm(temporary, { force: true });
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
