import { createHash } from "node:crypto";
import type { ExportedDocument, ExportFormat } from "@firebreak/protocol";
import { getLog, recordAudit } from "../../audit/index.ts";
import { FirebreakError, toIso } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { InvestigationContext } from "../context.ts";
import type { Provenance, Report } from "./report.ts";
import { writeCsv } from "./write-csv.ts";
import { writeMarkdown } from "./write-markdown.ts";

const FILES = {
  markdown: { extension: "md", mediaType: "text/markdown; charset=utf-8" },
  json: { extension: "json", mediaType: "application/json" },
  csv: { extension: "csv", mediaType: "text/csv; charset=utf-8" },
  pdf: { extension: "pdf", mediaType: "application/pdf" },
} as const satisfies Record<ExportFormat, { extension: string; mediaType: string }>;

/** @returns who exports, when, and the newest checkpoint of the log */
export async function readProvenance(
  ctx: InvestigationContext,
  facts: Pick<Provenance, "incidentId" | "title" | "remarks">,
): Promise<Provenance> {
  return { ...facts, exportedAt: toIso(ctx.clock.now()), exportedBy: ctx.actor, log: await readLog(ctx) };
}

async function readLog({ database }: InvestigationContext): Promise<Provenance["log"]> {
  try {
    const { origin, size, checkpoint } = await getLog({ database });
    return { origin, size, checkpoint };
  } catch (fault) {
    if (fault instanceof FirebreakError && fault.code === "not_found") return null;
    throw fault;
  }
}

export interface ExportAct {
  /** `timeline.export` */
  readonly action: string;
  /** the name of the file, without its ending */
  readonly name: string;
  readonly format: ExportFormat;
  readonly entries: number;
  readonly isCut: boolean;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Writes a document, and in the audit log who exported it and its hash: a file that was changed later does not fit. */
export async function exportReport(
  ctx: InvestigationContext,
  report: Report,
  act: ExportAct,
): Promise<ExportedDocument> {
  const bytes = await write(report, act.format);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { provenance } = report;
  const { format, entries, isCut } = act;
  await inTransaction(ctx.database, (trx) =>
    recordAudit(trx, {
      at: Date.parse(provenance.exportedAt),
      actor: ctx.actor,
      action: act.action,
      target: provenance.incidentId,
      detail: { ...act.detail, format, entries, sha256, logSize: provenance.log?.size ?? 0 },
    }),
  );
  const { extension, mediaType } = FILES[format];
  const encoding = format === "pdf" ? "base64" : "utf8";
  return {
    filename: `${act.name.replaceAll(/[^\w.-]/g, "_")}.${extension}`,
    mediaType,
    encoding,
    content: bytes.toString(encoding),
    sha256,
    entries,
    isCut,
  };
}

async function write(report: Report, format: ExportFormat): Promise<Buffer> {
  switch (format) {
    case "markdown":
      return Buffer.from(writeMarkdown(report));
    case "csv":
      return Buffer.from(writeCsv(report));
    case "pdf": {
      // the library for PDF is loaded by the first who wants one
      const { writePdf } = await import("./write-pdf.ts");
      return writePdf(report);
    }
    case "json":
      return Buffer.from(
        `${JSON.stringify({ format: report.format, provenance: report.provenance, content: report.content })}\n`,
      );
    default:
      return format satisfies never;
  }
}
