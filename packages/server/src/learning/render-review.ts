import { SEVERITY_NAMES } from "@firebreak/protocol";
import { deriveFindings } from "./findings.ts";
import { block, code, formatDuration, inline, table } from "./markdown.ts";
import { measure } from "./measures.ts";
import type { Measure } from "./measures.ts";
import type { ReviewFacts } from "./types.ts";

/** entries of the timeline and rows of each table that the draft prints; the record keeps all */
const PRINTED_MAX = 300;

export interface ReviewTimes {
  /** milliseconds since 1970 */
  readonly draftedAt: number;
  readonly dueAt: number;
}

/** @returns the review as Markdown, out of the facts alone; the same facts and times give the same text */
export function renderReview(facts: ReviewFacts, times: ReviewTimes): string {
  const measures = measure(facts, times.draftedAt);
  const findings = deriveFindings(facts, measures);
  const list = (lines: readonly string[], none: string) =>
    lines.length === 0 ? none : lines.map((line) => `- ${line}`).join("\n");
  const sections: readonly (readonly [string, string])[] = [
    ["Summary", renderSummary(facts)],
    ["Impact", renderImpact(facts)],
    ["Times against targets", renderMeasures(facts, measures)],
    ["Timeline", renderTimeline(facts)],
    ["What the stop proved", renderStops(facts)],
    ["Evidence", renderEvidence(facts)],
    ["Notifications", renderDeliveries(facts)],
    ["Root cause", facts.incident.root_cause === null ? "Not recorded." : block(facts.incident.root_cause)],
    ["What went well", list(findings.good, "Nothing that the record shows.")],
    ["What went badly", list(findings.bad, "Nothing that the record shows.")],
    ["Lessons learned", "Not recorded."],
    [
      "Action items",
      list(
        findings.actions.map((action) => `[ ] ${action}`),
        "None follows from the record.",
      ),
    ],
  ];
  const body = sections.map(([title, text]) => `## ${title}\n\n${text}`);
  return [renderHead(facts, times), ...body].join("\n\n") + "\n";
}

function renderHead({ incident }: ReviewFacts, times: ReviewTimes): string {
  const severity = `${inline(incident.severity_label)} (${SEVERITY_NAMES[incident.severity]})`;
  const settled = incident.resolved_at === null ? " The incident is not resolved yet: this draft will change." : "";
  return [
    `# Review of ${inline(incident.id)}: ${inline(incident.title)}`,
    `Severity ${severity} · type ${inline(incident.type.replaceAll("_", " "))} · state ${inline(incident.state)} · profile ${inline(incident.profile)}`,
    `Drafted ${time(times.draftedAt)} from what was recorded; due ${time(times.dueAt)}.${settled}`,
  ].join("\n\n");
}

function renderSummary({ incident, alerts }: ReviewFacts): string {
  const agent =
    incident.agent_id === null ? "No agent is named." : `Agent ${code(incident.agent_id)}${packOf(incident.pack)}.`;
  const commander = incident.commander === null ? "" : ` Commander: ${inline(incident.commander)}.`;
  const written = incident.summary === null ? "No summary was written." : block(incident.summary);
  const seen = alerts.slice(0, PRINTED_MAX).map((alert) => `- ${inline(alert.sentence)}`);
  return [written, `${agent}${commander}`, ...(seen.length === 0 ? [] : [`Alerts:\n\n${seen.join("\n")}`])].join(
    "\n\n",
  );
}

/** The record knows how long and what was stopped; what was damaged a person must say. */
function renderImpact({ incident, stops }: ReviewFacts): string {
  const lasted =
    incident.resolved_at === null
      ? "not over yet"
      : `${formatDuration(incident.resolved_at.getTime() - incident.began_at.getTime())} from its beginning to its resolution`;
  const results = stops.flatMap((stop) => stop.results).filter((result) => result.state === "verified_stopped");
  const sessions = new Set(results.map((result) => result.sessionId)).size;
  const stopped = sessions === 0 ? "nothing with proof" : `${sessions} session${sessions === 1 ? "" : "s"}, with proof`;
  return `- Lasted: ${lasted}.\n- Stopped: ${stopped}.\n- Damage to files, data, customers or money: not recorded.`;
}

function packOf(pack: string | null): string {
  return pack === null ? "" : ` of pack ${code(pack)}`;
}

function renderMeasures({ incident }: ReviewFacts, measures: readonly Measure[]): string {
  const rows = measures.map((measured) => [
    measured.name,
    measured.at === null ? "—" : time(measured.at.getTime()),
    measured.tookMs === null
      ? "—"
      : `${formatDuration(measured.tookMs)} after it ${measured.from === "began" ? "began" : "was detected"}`,
    measured.targetMs === null ? "—" : formatDuration(measured.targetMs),
    measured.result,
  ]);
  const began = ["Began", time(incident.began_at.getTime()), "—", "—", "—"];
  const trip =
    incident.trip_to_stop_ms === null
      ? "From the stop request to its proof: not measured."
      : `From the stop request to its proof: ${Math.round(incident.trip_to_stop_ms * 10) / 10} ms.`;
  return `${table(["step", "at (UTC)", "took", "target", "result"], [began, ...rows])}\n\n${trip}`;
}

function renderTimeline({ timeline }: ReviewFacts): string {
  if (timeline.length === 0) return "Nothing was recorded.";
  const left = timeline.length - PRINTED_MAX;
  const lines = timeline
    .slice(0, PRINTED_MAX)
    .map(
      (entry) =>
        `- ${time(Date.parse(entry.at))} — ${inline(entry.text)} (${inline(entry.actor.name)}, ${inline(entry.source)})`,
    );
  return [...lines, ...(left > 0 ? [`- … and ${left} more in the incident's record`] : [])].join("\n");
}

function renderStops({ stops }: ReviewFacts): string {
  const rows = stops.flatMap((stop) =>
    stop.results.map((result) => [
      time(stop.requested_at.getTime()),
      code(result.agentId),
      inline(result.level),
      inline(result.state),
      result.elapsedMs === null ? "—" : formatDuration(result.elapsedMs),
      inline(result.proof),
      `${result.processes} / ${result.remaining.length}`,
    ]),
  );
  if (rows.length === 0) return "No stop is recorded for this incident.";
  const head = ["requested (UTC)", "agent", "level", "result", "took", "proof", "processes / still running"];
  return table(head, rows.slice(0, PRINTED_MAX));
}

function renderEvidence({ evidence }: ReviewFacts): string {
  if (evidence.length === 0) return "No evidence was collected.";
  const rows = evidence
    .slice(0, PRINTED_MAX)
    .map((archive) => [
      code(archive.id),
      time(archive.collected_at.getTime()),
      `${archive.items}, degraded ${archive.degraded_items}`,
      `${archive.bytes} bytes`,
      code(archive.manifest_sha256),
    ]);
  return table(["archive", "collected (UTC)", "items", "size", "SHA-256 of the manifest"], rows);
}

function renderDeliveries({ deliveries }: ReviewFacts): string {
  if (deliveries.length === 0) return "Nobody was notified.";
  const rows = deliveries
    .slice(0, PRINTED_MAX)
    .map((delivery) => [
      inline(delivery.template),
      `${code(delivery.channel)} (${delivery.channel_kind})`,
      delivery.state,
      String(delivery.attempts),
      delivery.delivered_at === null ? "—" : time(delivery.delivered_at.getTime()),
      inline(delivery.receipt ?? delivery.last_error ?? "—"),
    ]);
  return table(["message", "channel", "state", "attempts", "delivered (UTC)", "receipt or fault"], rows);
}

/** @returns for example `2026-11-20 12:00:00.123` */
function time(timeMs: number): string {
  return new Date(timeMs).toISOString().replace("T", " ").replace("Z", "");
}
