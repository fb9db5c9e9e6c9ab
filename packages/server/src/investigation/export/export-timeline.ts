import type {
  ExportedDocument,
  InvestigationEntry,
  InvestigationTimeline,
  TimelineExportRequest,
} from "@firebreak/protocol";
import type { InvestigationContext } from "../context.ts";
import { getTimeline } from "../timeline/get-timeline.ts";
import { readMarks } from "../timeline/marks.ts";
import { exportReport, readProvenance } from "./export-report.ts";
import type { ReportTable } from "./report.ts";

/** entries in one document */
const ENTRIES_MAX = 20_000;
const PDF_ENTRIES_MAX = 3_000;
const PAGE = 500;

/**
 * A timeline as a document to keep: who exported it, the log's newest checkpoint, and of every event and act the hash
 * under which the log has it.
 *
 * @throws FirebreakError not_found
 */
export async function exportTimeline(
  ctx: InvestigationContext,
  incidentId: string,
  { format, view, sources }: TimelineExportRequest,
): Promise<ExportedDocument> {
  const most = format === "pdf" ? PDF_ENTRIES_MAX : ENTRIES_MAX;
  const items: InvestigationEntry[] = [];
  let page: InvestigationTimeline;
  let after: string | undefined;
  do {
    page = await getTimeline(ctx, incidentId, { view, sources, after, limit: Math.min(PAGE, most - items.length) });
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined && items.length < most);
  const isCut = after !== undefined;
  const hidden = (await readMarks(ctx, incidentId)).hidden.size;
  const remarks = [
    `${view === "all" ? "Every entry" : "Curated view"} from ${page.from} to ${page.to}; times are the server's, those of sources are given where they differ`,
    ...(view === "curated" && hidden > 0 ? [`${hidden} entries were hidden by people and are not in it`] : []),
    ...(sources === undefined ? [] : [`Only these sources: ${sources.join(", ")}`]),
    ...(isCut ? [`Cut: it holds the first ${most} entries, there are more`] : []),
  ];
  const provenance = await readProvenance(ctx, { incidentId, title: `Timeline of ${incidentId}`, remarks });
  const { clocks } = page;
  const content = {
    incidentId,
    view,
    from: page.from,
    to: page.to,
    agents: page.agents,
    clocks,
    entries: items,
    isCut,
  };
  const report = {
    format: "firebreak-timeline/1",
    provenance,
    content,
    tables: [entriesTable(items), clocksTable(clocks)] as const,
  };
  const act = { action: "timeline.export", name: `timeline-${incidentId}`, format, entries: items.length, isCut };
  return exportReport(ctx, report, { ...act, detail: { view, sources: sources ?? null, isCut } });
}

function entriesTable(items: readonly InvestigationEntry[]): ReportTable {
  return {
    title: "Entries",
    columns: ["time (UTC)", "time of the source", "source", "who", "what", "ref", "leaf hash"],
    widths: [14, 14, 8, 10, 38, 10, 6],
    rows: items.map((entry) => [
      entry.at,
      entry.sourceTime === entry.at ? "" : entry.sourceTime,
      entry.source,
      entry.actor?.name ?? entry.agentId ?? entry.from,
      textOf(entry),
      entry.ref,
      entry.leafHash ?? "",
    ]),
  };
}

function textOf(entry: InvestigationEntry): string {
  const marks = [...(entry.pinned ? ["pinned"] : []), ...(entry.hidden ? ["hidden"] : [])];
  const taken = entry.redacted.length === 0 ? "" : ` (taken out: ${entry.redacted.join(", ")})`;
  const notes = entry.annotations.map((note) => ` | ${note.actor.name}, ${note.at}: ${note.text}`).join("");
  return `${marks.length === 0 ? "" : `[${marks.join(", ")}] `}${entry.text}${taken}${notes}`;
}

function clocksTable(clocks: InvestigationTimeline["clocks"]): ReportTable {
  return {
    title: "Clocks of the sources",
    columns: [
      "agent",
      "source",
      "events",
      "received − time, ms: middle",
      "5 in 100 below",
      "95 in 100 below",
      "state",
      "moved by, ms",
    ],
    widths: [2, 3, 1, 2, 2, 2, 2, 2],
    rows: clocks.map((clock) => [
      clock.agentId,
      clock.source,
      String(clock.events),
      String(clock.medianMs),
      String(clock.lowMs),
      String(clock.highMs),
      clock.state,
      String(clock.correctionMs),
    ]),
  };
}
