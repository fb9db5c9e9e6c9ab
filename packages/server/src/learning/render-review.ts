import { IMPACT_SECTIONS, SEVERITY_NAMES } from "@firebreak/protocol";
import { deriveFindings } from "./findings.ts";
import { markdown } from "../kernel/index.ts";
import { measure } from "./measures.ts";
import type { Measure } from "./measures.ts";
import type { ReviewFacts } from "./types.ts";

const { block, code, formatDuration, inline, table } = markdown;

/** rows of each table that the draft prints; the record keeps all */
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

function renderImpact({ incident, stops, impact }: ReviewFacts): string {
  const lasted =
    incident.resolved_at === null
      ? "not over yet"
      : `${formatDuration(incident.resolved_at.getTime() - incident.began_at.getTime())} from its beginning to its resolution`;
  const results = stops.flatMap((stop) => stop.results).filter((result) => result.state === "verified_stopped");
  const sessions = new Set(results.map((result) => result.sessionId)).size;
  const stopped = sessions === 0 ? "nothing with proof" : `${sessions} session${sessions === 1 ? "" : "s"}, with proof`;
  return `- Lasted: ${lasted}.\n- Stopped: ${stopped}.\n${renderDamage(impact)}`;
}

/** statements of one part that the draft prints; the impact has all */
const STATEMENTS_PRINTED = 10;

function renderDamage(impact: ReviewFacts["impact"]): string {
  if (impact === null) return "- Damage: not computed.";
  const lines = IMPACT_SECTIONS.flatMap((section) => {
    const all = impact.statements.filter((statement) => statement.section === section);
    const left = all.length - STATEMENTS_PRINTED;
    const shown = all.slice(0, STATEMENTS_PRINTED).map(({ text, certainty }) => `- ${inline(text)} (${certainty})`);
    return left > 0 ? [...shown, `- … and ${left} more under ${inline(section)} in the impact`] : shown;
  });
  const duties = impact.regulatory.map(
    ({ regime, duty, dueAt, fact }) =>
      `- ${inline(regime)}: ${inline(duty)}${dueAt === null ? "" : `; due ${time(Date.parse(dueAt))}`}. Fact: ${inline(fact)}.`,
  );
  const source = `From version ${impact.version} of the impact, out of ${impact.eventsRead} events; SHA-256 ${code(impact.sha256)}.`;
  const limits = impact.limits.map((limit) => `- Not in it: ${inline(limit)}.`);
  return [
    ...(lines.length === 0 ? ["- Damage: no event says anything of it."] : lines),
    ...limits,
    "",
    source,
    ...(duties.length === 0 ? [] : ["", "Duties that may have arisen (suggestions, no legal advice):", "", ...duties]),
  ].join("\n");
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

function renderTimeline({ timeline, isTimelineCut }: ReviewFacts): string {
  if (timeline.length === 0) return "Nothing was recorded.";
  const lines = timeline.map((entry) => {
    const who = entry.actor?.name ?? entry.agentId ?? entry.from;
    const notes = entry.annotations.map((note) => ` — ${inline(note.actor.name)}: ${inline(note.text)}`).join("");
    return `- ${time(Date.parse(entry.at))} — ${inline(entry.text)}${notes} (${inline(who)}, ${inline(entry.source)})`;
  });
  return [...lines, ...(isTimelineCut ? ["- … and more on the incident's timeline"] : [])].join("\n");
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
