import type { ExportedDocument, ImpactExportRequest, ImpactView } from "@firebreak/protocol";
import type { InvestigationContext } from "../context.ts";
import { getImpact } from "../impact/keep-impact.ts";
import { exportReport, readProvenance } from "./export-report.ts";
import type { ReportTable } from "./report.ts";

/**
 * An impact as a document to keep, in the newest version or a given one.
 *
 * @throws FirebreakError not_found
 */
export async function exportImpact(
  ctx: InvestigationContext,
  incidentId: string,
  { format, version }: ImpactExportRequest,
): Promise<ExportedDocument> {
  const impact = await getImpact(ctx, incidentId, version);
  const remarks = [
    `Version ${impact.version}, computed ${impact.computedAt} by ${impact.computedBy.name} from ${impact.eventsRead} events between ${impact.from} and ${impact.to}; SHA-256 of its content ${impact.sha256}`,
    "Duties are suggestions for a lawyer, no legal advice",
    ...impact.limits.map((limit) => `Not in it: ${limit}`),
  ];
  const provenance = await readProvenance(ctx, { incidentId, title: `Impact of ${incidentId}`, remarks });
  const { versions: _versions, ...content } = impact;
  const tables = [statementsTable(impact), dutiesTable(impact), reachTable(impact)] as const;
  const entries = impact.statements.length;
  const act = {
    action: "impact.export",
    name: `impact-${incidentId}-v${impact.version}`,
    format,
    entries,
    isCut: false,
  };
  const report = { format: "firebreak-impact/1", provenance, content, tables };
  return exportReport(ctx, report, { ...act, detail: { version: impact.version, impactSha256: impact.sha256 } });
}

function statementsTable({ statements }: ImpactView): ReportTable {
  return {
    title: "Statements",
    columns: ["part", "certainty", "statement", "classes", "rests on", "events and records"],
    widths: [8, 8, 40, 8, 18, 18],
    rows: statements.map((one) => [
      one.section.replace("_", " "),
      one.certainty,
      one.text,
      one.classes.join(", "),
      one.why,
      [...one.events.map(({ ref }) => ref), ...one.links.map(({ kind, id }) => `${kind}:${id}`)].join(" "),
    ]),
  };
}

function dutiesTable({ regulatory }: ImpactView): ReportTable {
  return {
    title: "Duties that may have arisen",
    columns: ["regime", "duty", "due (UTC)", "counted from", "fact", "statements"],
    widths: [12, 30, 12, 16, 20, 14],
    rows: regulatory.map((one) => [
      one.regime,
      one.duty,
      one.dueAt ?? "no number of hours is named",
      `${one.clockStart}: ${one.clockFrom}`,
      one.fact,
      one.statements.join(" "),
    ]),
  };
}

function reachTable({ graph }: ImpactView): ReportTable {
  return {
    title: "Reached",
    columns: ["from", "act", "to", "certainty", "events", "bytes sent"],
    widths: [20, 10, 30, 10, 8, 10],
    rows: graph.edges.map((edge) => [
      edge.from,
      edge.kind.replace("_", " "),
      edge.to,
      edge.certainty,
      String(edge.events),
      String(edge.bytes),
    ]),
  };
}
