import type { DrillRecord, DrillResult, DrillSpan, DrillView } from "@firebreak/protocol";
import { markdown } from "../kernel/index.ts";

const { code, formatDuration, inline: text, table } = markdown;

const MEANING: Readonly<Record<DrillResult, string>> = {
  passed: "Passed. Everything that was expected held, and every step really acted.",
  passed_in_part:
    "Passed in part. Everything that was looked at held; what is listed under “Not exercised” is not proven.",
  failed: "Failed. The findings say what did not hold.",
  not_run: "Not made. The findings say what it needed and did not find.",
};

/** @returns the record as a document for auditors; whoever kept it stands in it, when it is kept */
export function renderDrillReport(record: DrillRecord, kept?: Omit<DrillView, "record">): string {
  return [
    `# Drill report: ${text(record.title)}`,
    `**${MEANING[record.result]}**`,
    facts(record, kept),
    section(
      "Findings",
      record.findings.map((finding) => `- ${text(finding)}`),
    ),
    section("Times", timesTable(record.spans)),
    section("What was checked at the end", checksTable(record)),
    section("Steps of the playbook", stepsTable(record)),
    section(
      "Not exercised",
      record.notExercised.map(({ step, effector, why }) => `- ${code(step)} (${text(effector)}): ${text(why)}`),
    ),
    section(
      "What persons answered",
      record.answers.map(({ step, by, said }) => `- ${code(step)}, the ${by} person: ${text(said)}`),
    ),
    "Made in a sandbox of its own: its database, its persons and its messages are gone with it, and none of it counts among incidents.",
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function facts(record: DrillRecord, kept: Omit<DrillView, "record"> | undefined): string {
  const { playbook, sandbox, run } = record;
  const apart =
    sandbox.isolation === "namespaces" ? "namespaces of its own, all else read-only" : "a folder of its own";
  const rows: [string, string][] = [
    ["Drill", code(record.id)],
    ["Playbook", `${text(playbook.title)} (${code(playbook.id)}), version ${playbook.version}`],
    ["SHA-256 of the playbook", code(playbook.hash)],
    ["SHA-256 of the drill's file", code(record.drillHash)],
    ["Profile", text(record.profile)],
    ["Firebreak", code(record.firebreakVersion)],
    ["Machine", `${text(sandbox.system)}, Node.js ${text(sandbox.node)}, kept apart by ${apart}`],
    ["Began, ended", `${record.startedAt}, ${record.endedAt} (${record.seconds.toFixed(1)} s)`],
    ["Fault", `${text(record.fault.what)}${record.fault.at === null ? "" : `, at ${record.fault.at}`}`],
    ["Incident in the sandbox", text(record.incidentId ?? "none")],
    ["Run", run === null ? "none" : `${run.state}${run.reason === null ? "" : `: ${text(run.reason)}`}`],
    ["Messages caught", String(record.messages)],
    ...(kept === undefined
      ? []
      : [["Kept", `${kept.recordedAt} by ${text(kept.recordedBy.name)}`] as [string, string]]),
  ];
  return table(["", ""], rows);
}

function timesTable(spans: readonly DrillSpan[]): string[] {
  if (spans.length === 0) return [];
  const rows = spans.map(({ name, ms, targetMs, met }) => [
    text(name),
    ms === null ? "never" : formatDuration(ms),
    targetMs === null ? "–" : formatDuration(targetMs),
    met === null ? "–" : met ? "met" : "**missed**",
  ]);
  return [table(["", "took", "target", ""], rows)];
}

function checksTable({ checks }: DrillRecord): string[] {
  if (checks.length === 0) return [];
  return [
    table(
      ["", "", "found"],
      checks.map(({ title, held, found }) => [text(title), held ? "held" : "**not held**", text(found)]),
    ),
  ];
}

function stepsTable({ steps }: DrillRecord): string[] {
  if (steps.length === 0) return [];
  const rows = steps.map(({ id, phase, state, ms, expected, message }) => [
    code(id),
    text(phase),
    expected ? state : `**${state}**`,
    ms === null ? "–" : formatDuration(ms),
    text(message ?? ""),
  ]);
  return [table(["step", "phase", "ended", "took", ""], rows)];
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `## ${title}\n\n${lines.join("\n")}`;
}
