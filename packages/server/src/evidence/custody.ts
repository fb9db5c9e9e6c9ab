import { createHash } from "node:crypto";
import { closeSync, constants, existsSync, fstatSync, fsyncSync, lstatSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Actor, EvidenceCustodyView } from "@firebreak/protocol";
import { parseCustodyLine } from "@firebreak/verifier";
import type { LoggedCustody } from "@firebreak/verifier";
import type { Kysely, Transaction } from "kysely";
import { recordAudit } from "../audit/index.ts";
import type { Clock } from "../kernel/index.ts";
import { toIso, withFileLock, writeAllSync } from "../kernel/index.ts";
import { notifyLive } from "../storage/index.ts";
import type { Database, Schema } from "../storage/index.ts";
import { FILES } from "./manifest.ts";
import type { CustodyEntry } from "./manifest.ts";

const GENESIS = "0".repeat(64);
const CUSTODY_BYTES_MAX = 16 * 1024 * 1024;
/** Of a reason: an act of the audit log keeps its whole text only up to 64 KiB. */
const TEXT_LENGTH_MAX = 2_000;
const ACTION = "evidence.custody";

/** Reading the log of an archive that many look at takes longer than what a lock is usually for. */
const PATIENCE = { heldTooLongMs: 30_000, giveUpMs: 40_000 };

export interface CustodyContext {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly actor: Actor;
}

export interface CustodyAct {
  readonly act: CustodyEntry["act"];
  readonly reason: string;
  /** the address or host that the actor is at */
  readonly from: string | null;
  /** whom it is handed to */
  readonly to?: string;
}

export interface CustodyOptions {
  /** the same act of the same actor within this time is not recorded again */
  readonly quietMs?: number;
  /** what changes with it, in the same transaction */
  readonly alongside?: (trx: Transaction<Schema>) => Promise<void>;
}

interface Archive {
  readonly id: string;
  readonly directory: string;
  readonly manifestSha256: string;
}

/** Appends who touched the archive, when and why; each line carries the hash of the line before it. */
export function appendCustody(directory: string, entry: Omit<CustodyEntry, "prev_sha256">): void {
  appendLines(directory, [lineAfter(readLines(directory)?.at(-1), entry)]);
}

/**
 * Records who touched an archive: an act of the audit log first, which holds the line, then the line itself. What a crash or
 * an attacker took off the end of the file is written again from the log, and that this was done is a line too. Where
 * something else lies in the place of the file, or the archive is gone, the audit log alone has the act.
 */
export async function recordCustody(
  ctx: CustodyContext,
  archive: Archive,
  act: CustodyAct,
  { quietMs = 0, alongside }: CustodyOptions = {},
): Promise<void> {
  await withFileLock(
    `${archive.directory}.lock`,
    ctx.clock,
    async () => {
      const logged = await readLoggedLines(ctx.database.kysely, archive.id);
      if (quietMs > 0 && wasJustDone(logged, entryOf(ctx, archive, act), ctx.clock.now() - quietMs)) return;
      const isHere = existsSync(archive.directory);
      const found = (isHere ? readLines(archive.directory) : null) ?? logged.map(({ text }) => text);
      const lost = missingAtEnd(found, logged);
      const acts = lost.length === 0 ? [act] : [restored(lost.length, act.from), act];
      const known = [...found, ...lost];
      const added: string[] = [];
      for (const one of acts) added.push(lineAfter([...known, ...added].at(-1), entryOf(ctx, archive, one)));
      await ctx.database.kysely.transaction().execute(async (trx) => {
        await alongside?.(trx);
        await notifyLive(trx, "evidence", archive.id);
        // of before custody was an act of the audit log
        if (logged.length === 0) await adoptCustody(trx, ctx, archive);
        for (const [index, text] of added.entries())
          await logLine(trx, ctx, archive.id, known.length + index + 1, text);
      });
      if (isHere && isPlain(archive.directory)) appendLines(archive.directory, [...lost, ...added]);
    },
    PATIENCE,
  );
}

/** Puts the lines that an archive already has into the audit log, when it is put on record. */
export async function adoptCustody(
  trx: Transaction<Schema>,
  ctx: Omit<CustodyContext, "database">,
  archive: Pick<Archive, "id" | "directory">,
): Promise<void> {
  for (const [index, text] of (readLines(archive.directory) ?? []).entries())
    await logLine(trx, ctx, archive.id, index + 1, text);
}

/** @returns what the audit log knows of an archive's custody, by which the file is judged */
export async function readLoggedCustody(kysely: Kysely<Schema>, id: string): Promise<LoggedCustody[]> {
  return (await readLoggedLines(kysely, id)).map(({ line, text }) => ({ line, sha256: sha256(text) }));
}

/** @returns the custody of an archive as the audit log has it, oldest first */
export async function listCustody(kysely: Kysely<Schema>, id: string): Promise<EvidenceCustodyView[]> {
  const lines = await readLoggedLines(kysely, id);
  return lines.flatMap(({ line, text }) => {
    const parsed = parseCustodyLine(Buffer.from(text));
    if (!parsed.ok) return [];
    const { at, act, actor, reason, from, to } = parsed.value;
    return [{ line, at, act, actor, reason, from, to }];
  });
}

function wasJustDone(logged: readonly LoggedLine[], entry: ReturnType<typeof entryOf>, sinceMs: number): boolean {
  return logged.some(({ text }) => {
    const parsed = parseCustodyLine(Buffer.from(text));
    if (!parsed.ok || Date.parse(parsed.value.at) < sinceMs) return false;
    const { act, actor, reason } = parsed.value;
    return act === entry.act && actor === entry.actor && reason === entry.reason;
  });
}

function entryOf(ctx: CustodyContext, archive: Archive, { act, reason, from, to }: CustodyAct) {
  return {
    at: toIso(ctx.clock.now()),
    act,
    actor: `${ctx.actor.kind} ${ctx.actor.name}`,
    reason: reason.slice(0, TEXT_LENGTH_MAX),
    ...(from === null ? {} : { from }),
    ...(to === undefined ? {} : { to: to.slice(0, TEXT_LENGTH_MAX) }),
    manifest_sha256: archive.manifestSha256,
  };
}

function restored(lines: number, from: string | null): CustodyAct {
  const reason = `${lines} line(s) were missing at the end of the custody log and were written again from the audit log`;
  return { act: "restored", reason, from };
}

function lineAfter(last: string | undefined, entry: Omit<CustodyEntry, "prev_sha256">): string {
  return JSON.stringify({ ...entry, prev_sha256: last === undefined ? GENESIS : sha256(last) });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

interface LoggedLine {
  readonly line: number;
  readonly text: string;
}

async function readLoggedLines(kysely: Kysely<Schema>, id: string): Promise<LoggedLine[]> {
  const rows = await kysely
    .selectFrom("audit_log")
    .select("leaf")
    .where("action", "=", ACTION)
    .where("target", "=", id)
    .orderBy("seq")
    .execute();
  return rows.flatMap(({ leaf }) => {
    const { detail }: { detail?: { line?: unknown; text?: unknown } } = JSON.parse(leaf);
    return typeof detail?.line === "number" && typeof detail.text === "string"
      ? [{ line: detail.line, text: detail.text }]
      : [];
  });
}

/** @returns the lines that the log has beyond those of the file; none when the file is not what the log begins with */
function missingAtEnd(found: readonly string[], logged: readonly LoggedLine[]): string[] {
  const texts = logged.map(({ text }) => text);
  return found.every((line, index) => line === texts[index]) ? texts.slice(found.length) : [];
}

async function logLine(
  trx: Transaction<Schema>,
  { clock, actor }: Omit<CustodyContext, "database">,
  id: string,
  line: number,
  text: string,
): Promise<void> {
  const detail = { line, text, sha256: sha256(text) };
  await recordAudit(trx, { at: clock.now(), actor, action: ACTION, target: id, detail });
}

/** @returns whether the custody log is a file, or not there and can be made */
function isPlain(directory: string): boolean {
  const facts = lstatSync(path.join(directory, FILES.custody), { throwIfNoEntry: false });
  return facts === undefined || (facts.isFile() && facts.size <= CUSTODY_BYTES_MAX);
}

/** The lines of the custody log; none when it is not there, null when something else lies in its place. */
function readLines(directory: string): string[] | null {
  if (!isPlain(directory)) return null;
  const file = path.join(directory, FILES.custody);
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function appendLines(directory: string, lines: readonly string[]): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = path.join(directory, FILES.custody);
  const fd = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${file} is no plain file any more`);
    writeAllSync(fd, Buffer.from(lines.map((line) => `${line}\n`).join("")));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
