import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { codeOf, ensurePrivateDir, withFileLock, writeFileAtomic } from "../../../kernel/index.ts";
import type { Clock } from "../../../kernel/index.ts";

/** Whoever waits for the firewall's programs waits for some seconds at most. */
const PATIENCE = { heldTooLongMs: 30_000, giveUpMs: 60_000 };
export const ENTRIES_MAX = 10_000;

/** What every entry has. */
export const ledgerEntry = z.strictObject({
  /** what asked for it: the same step of the same run is the same entry */
  key: z.string().min(1).max(300),
  /** how long it was meant to last */
  forMs: z.number().int().positive(),
  untilMs: z.number().int(),
  by: z.string().max(256),
});
type LedgerEntry = z.infer<typeof ledgerEntry>;

/** A ledger cannot be read; nothing was changed. */
export class LedgerFault extends Error {
  override readonly name = "LedgerFault";
}

export interface LedgerPlace {
  readonly home: string;
  readonly clock: Clock;
}

/**
 * What shall be cut off on this host, as a file: it is there before the firewall is touched and survives a reboot, a flush
 * of the rules and a server that is down. The firewall is made to agree with it.
 */
export interface Ledger<T extends LedgerEntry> {
  /** @returns false when nothing was ever written on this host */
  exists(place: LedgerPlace): boolean;
  /** @returns entries whose time is not over; @throws LedgerFault */
  read(place: LedgerPlace): readonly T[];
  /** Runs `work` while nobody else changes the ledger. */
  change<R>(
    place: LedgerPlace,
    work: (entries: readonly T[], write: (entries: readonly T[]) => void) => Promise<R>,
  ): Promise<R>;
}

export function createLedger<T extends LedgerEntry>(name: string, entry: z.ZodType<T>): Ledger<T> {
  const directoryOf = (home: string) => path.join(home, "firewall");
  const fileOf = (home: string) => path.join(directoryOf(home), `${name}.json`);
  const schema = z.strictObject({ version: z.literal(1), entries: z.array(entry).max(ENTRIES_MAX) });
  const read = ({ home, clock }: LedgerPlace) => {
    const nowMs = clock.now();
    return readEntries(fileOf(home), schema).filter((one) => one.untilMs > nowMs);
  };
  return {
    exists: ({ home }) => existsSync(fileOf(home)),
    read,
    change: async (place, work) => {
      ensurePrivateDir(directoryOf(place.home));
      const write = (entries: readonly T[]) =>
        writeFileAtomic(fileOf(place.home), `${JSON.stringify({ version: 1, entries })}\n`, { durable: true });
      const lock = path.join(directoryOf(place.home), `${name}.lock`);
      return withFileLock(lock, place.clock, () => work(read(place), write), PATIENCE);
    },
  };
}

function readEntries<T>(file: string, schema: z.ZodType<{ entries: readonly T[] }>): readonly T[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return [];
    throw fault;
  }
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.entries;
  const why = parsed.error.issues[0]?.message ?? "no JSON";
  throw new LedgerFault(`${file} cannot be read (${why}): mend or remove it; what is cut off now ends by itself`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A clock that jumped back must not make anything last longer than it was meant to. */
export function remainingMsOf({ untilMs, forMs }: Pick<LedgerEntry, "untilMs" | "forMs">, nowMs: number): number {
  return Math.min(untilMs - nowMs, forMs);
}
