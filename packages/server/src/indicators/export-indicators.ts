import type { IndicatorExportFormat, IndicatorType, IndicatorView, TlpLevel } from "@firebreak/protocol";
import { TLP_LEVELS } from "@firebreak/protocol";
import { stringify } from "csv-stringify/sync";
import { recordAudit } from "../audit/index.ts";
import { spreadsheetText } from "../kernel/index.ts";
import { inTransaction } from "../storage/index.ts";
import type { Database } from "../storage/index.ts";
import type { IndicatorContext } from "./context.ts";
import { toIndicatorView } from "./list-indicators.ts";
import { OWN_IDENTITY, nameUuid, toStixIndicator } from "./stix-objects.ts";
import { isStricter, markingOf } from "./tlp.ts";

const PAGE = 2_000;
const CSV_COLUMNS = ["value", "type", "source", "severity", "confidence", "tlp", "description", "expires"] as const;

export interface ExportInput {
  readonly format: IndicatorExportFormat;
  readonly type?: IndicatorType | undefined;
  readonly source?: string | undefined;
  /** stricter ones are left out; those without a marking go along */
  readonly tlp?: TlpLevel | undefined;
}

/** Who took the list out of the house, and what of it. */
export async function recordExport(ctx: IndicatorContext, input: ExportInput): Promise<void> {
  const { format, type = null, source = null, tlp = null } = input;
  const detail = { format, type, source, tlp };
  await inTransaction(ctx.database, async (trx) => {
    await recordAudit(trx, {
      at: ctx.clock.now(),
      actor: ctx.actor,
      action: "indicator.export",
      target: format,
      detail,
    });
  });
}

type Reader = { readonly database: Pick<Database, "kysely">; readonly clock: { now(): number } };

/** The list as a file, page by page: what is reported and has not expired, in the order it was added. */
export async function* exportIndicators(ctx: Reader, input: ExportInput): AsyncGenerator<string> {
  switch (input.format) {
    case "stix":
      return yield* writeStix(readPages(ctx, input));
    case "csv":
      return yield* writeCsv(readPages(ctx, input));
    case "text":
      for await (const page of readPages(ctx, input)) yield page.map(({ value }) => `${value}\n`).join("");
      return;
    default:
      return input.format satisfies never;
  }
}

async function* readPages({ database, clock }: Reader, { type, source, tlp }: ExportInput) {
  const now = new Date(clock.now());
  for (let after = ""; ;) {
    let query = database.kysely
      .selectFrom("indicators")
      .selectAll()
      .where("effect", "=", "match")
      .where("id", ">", after)
      .where((row) => row.or([row("expires_at", "is", null), row("expires_at", ">", now)]));
    if (type !== undefined) query = query.where("type", "=", type);
    if (source !== undefined) query = query.where("source", "=", source.replaceAll("\u0000", ""));
    const rows = await query.orderBy("id").limit(PAGE).execute();
    yield rows
      .map(toIndicatorView)
      .filter((view) => tlp === undefined || view.tlp === null || !isStricter(view.tlp, tlp));
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.id;
  }
}

type Pages = AsyncIterable<readonly IndicatorView[]>;

/** The markings are all there, used or not, so that nothing need be kept until the end; the bundle's id is made of the objects'. */
async function* writeStix(pages: Pages): AsyncGenerator<string> {
  const own = [OWN_IDENTITY, ...TLP_LEVELS.map(markingOf)];
  yield `{"type":"bundle","objects":[\n${own.map((object) => JSON.stringify(object)).join(",\n")}`;
  let name = "bundle";
  for await (const page of pages) {
    let part = "";
    for (const view of page) {
      const text = JSON.stringify(toStixIndicator(view));
      name = nameUuid(`${name} ${text}`);
      part += `,\n${text}`;
    }
    yield part;
  }
  yield `\n],"id":"bundle--${nameUuid(name)}"}\n`;
}

async function* writeCsv(pages: Pages): AsyncGenerator<string> {
  yield stringify([[...CSV_COLUMNS]]);
  for await (const page of pages) {
    yield stringify(
      page.map((view) =>
        [
          view.value,
          view.type,
          view.source,
          String(view.severity),
          view.confidence === null ? "" : String(view.confidence),
          view.tlp ?? "",
          view.description ?? "",
          view.expiresAt ?? "",
        ].map(spreadsheetText),
      ),
    );
  }
}
