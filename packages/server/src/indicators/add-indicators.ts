import { importIndicatorsRequest, newIndicatorsRequest } from "@firebreak/protocol";
import type {
  IndicatorDefaults,
  IndicatorEffect,
  IndicatorReceipt,
  IndicatorType,
  Severity,
  TlpLevel,
} from "@firebreak/protocol";
import type { z } from "zod";
import { recordAudit } from "../audit/index.ts";
import { FirebreakError, toIso } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Trx } from "../storage/index.ts";
import type { Candidate, Read, Refusal } from "./candidate.ts";
import type { IndicatorContext } from "./context.ts";
import { normalizeIndicator } from "./normalize.ts";
import { readCsv } from "./read-csv.ts";
import { readMisp } from "./read-misp.ts";
import { readStix } from "./read-stix.ts";
import { readText } from "./read-text.ts";
import { advanceVersion } from "./version.ts";

/** All that one database holds: what a node can keep in memory and look at. */
const INDICATORS_MAX = 500_000;
const ROWS_PER_STATEMENT = 1_000;
const REJECTED_TOLD_MAX = 100;
const VALUES_IN_AUDIT_MAX = 20;

/** Adds indicators as a person gives them. One that is known already is renewed. @throws FirebreakError invalid_body, conflict */
export async function addIndicators(
  ctx: IndicatorContext,
  input: z.input<typeof newIndicatorsRequest>,
): Promise<IndicatorReceipt> {
  const { values, type, ...defaults } = parse(newIndicatorsRequest, input);
  const candidates = values.map((value, index) => ({ place: `value ${index + 1}`, value, type }));
  return storeIndicators(ctx, defaults, { candidates, refusals: [] }, "indicator.add");
}

/** Reads a list. What is good is taken; each value that is not is named. @throws FirebreakError invalid_body, conflict */
export async function importIndicators(
  ctx: IndicatorContext,
  input: z.input<typeof importIndicatorsRequest>,
): Promise<IndicatorReceipt> {
  const { format, content, ...defaults } = parse(importIndicatorsRequest, input);
  return storeIndicators(ctx, defaults, READERS[format](content), "indicator.import");
}

const READERS = { text: readText, csv: readCsv, stix: readStix, misp: readMisp } as const;

function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({ where: `/${issue.path.join("/")}`, message: issue.message }));
  throw new FirebreakError("invalid_body", "The indicators cannot be taken; see the fields.", { errors });
}

interface Row {
  readonly type: IndicatorType;
  readonly value: string;
  readonly source: string;
  readonly severity: Severity;
  readonly description: string | undefined;
  readonly expiresAt: string | undefined;
  readonly confidence: number | undefined;
  readonly tlp: TlpLevel | undefined;
}

async function storeIndicators(
  ctx: IndicatorContext,
  defaults: IndicatorDefaults,
  { candidates, refusals }: Read,
  action: string,
): Promise<IndicatorReceipt> {
  const { rows, rejected } = checkCandidates(candidates, defaults, ctx.clock.now());
  const allRejected = [...refusals, ...rejected];
  if (rows.length === 0) return toReceipt({ added: 0, renewed: 0 }, allRejected);
  return inTransaction(ctx.database, async (trx) => {
    // first, so that writers follow each other and no node reads half of what two of them write
    const version = await advanceVersion(trx);
    const written = await writeRows(trx, ctx, { effect: defaults.effect, version }, rows);
    await refuseTooMany(trx);
    await recordAudit(trx, {
      at: ctx.clock.now(),
      actor: ctx.actor,
      action,
      target: defaults.source,
      detail: {
        ...written,
        effect: defaults.effect,
        values: rows.slice(0, VALUES_IN_AUDIT_MAX).map(({ value }) => value),
      },
    });
    return toReceipt(written, allRejected);
  });
}

function checkCandidates(
  candidates: readonly Candidate[],
  defaults: IndicatorDefaults,
  nowMs: number,
): { rows: Row[]; rejected: Refusal[] } {
  const rows = new Map<string, Row>();
  const rejected: Refusal[] = [];
  for (const candidate of candidates) {
    const row = checkCandidate(candidate, defaults, nowMs);
    if (typeof row === "string")
      rejected.push({ place: candidate.place, message: `${candidate.value.slice(0, 80)} ${row}` });
    else rows.set(`${row.type} ${row.value}`, row);
  }
  return { rows: [...rows.values()], rejected };
}

/** @returns the row, or why there is none */
function checkCandidate(candidate: Candidate, defaults: IndicatorDefaults, nowMs: number): Row | string {
  const normal = normalizeIndicator(candidate.value, candidate.type ?? undefined);
  if (!normal.ok) return normal.message;
  const expiresAt = candidate.expiresAt ?? defaults.expiresAt;
  const expiresMs = expiresAt === undefined ? Infinity : Date.parse(expiresAt);
  if (Number.isNaN(expiresMs)) return `has the expiry ${candidate.expiresAt}, which is no time of ISO 8601`;
  if (expiresMs <= nowMs) return "has expired already";
  return {
    type: normal.type,
    value: normal.value,
    source: (candidate.source ?? defaults.source).slice(0, 128),
    severity: candidate.severity ?? defaults.severity,
    description: (candidate.description ?? defaults.description)?.slice(0, 1000).replaceAll("\u0000", ""),
    expiresAt: expiresAt === undefined ? undefined : toIso(expiresMs),
    confidence: candidate.confidence ?? defaults.confidence,
    tlp: candidate.tlp ?? defaults.tlp,
  };
}

async function writeRows(
  trx: Trx,
  ctx: IndicatorContext,
  { effect, version }: { readonly effect: IndicatorEffect; readonly version: number },
  rows: readonly Row[],
): Promise<{ added: number; renewed: number }> {
  const now = toIso(ctx.clock.now());
  let added = 0;
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const values = rows.slice(from, from + ROWS_PER_STATEMENT).map((row) => ({
      id: ctx.newId("indicator"),
      effect,
      type: row.type,
      value: row.value,
      source: row.source,
      severity: row.severity,
      description: row.description ?? null,
      confidence: row.confidence ?? null,
      tlp: row.tlp ?? null,
      since_version: version,
      created_by: ctx.actor.name,
      created_at: now,
      updated_at: now,
      expires_at: row.expiresAt ?? null,
    }));
    const ids = new Set<string>(values.map(({ id }) => id));
    const written = await trx
      .insertInto("indicators")
      .values(values)
      .onConflict((conflict) =>
        conflict.columns(["effect", "type", "value"]).doUpdateSet((row) => ({
          source: row.ref("excluded.source"),
          severity: row.ref("excluded.severity"),
          description: row.ref("excluded.description"),
          confidence: row.ref("excluded.confidence"),
          tlp: row.ref("excluded.tlp"),
          updated_at: row.ref("excluded.updated_at"),
          expires_at: row.ref("excluded.expires_at"),
        })),
      )
      .returning("id")
      .execute();
    added += written.filter(({ id }) => ids.has(id)).length;
  }
  return { added, renewed: rows.length - added };
}

async function refuseTooMany(trx: Trx): Promise<void> {
  const { count } = await trx
    .selectFrom("indicators")
    .select((expression) => expression.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  if (Number(count) <= INDICATORS_MAX) return;
  throw new FirebreakError(
    "conflict",
    `There would be ${count} indicators; the limit is ${INDICATORS_MAX}. Nothing was taken: remove some first.`,
  );
}

function toReceipt(written: { added: number; renewed: number }, rejected: readonly Refusal[]): IndicatorReceipt {
  return { ...written, rejected: rejected.slice(0, REJECTED_TOLD_MAX), rejectedTotal: rejected.length };
}
