import { markdown } from "../kernel/index.ts";
import type { Measure } from "./measures.ts";
import type { ReviewFacts } from "./types.ts";

const { code, formatDuration, inline } = markdown;

/** What the record itself says went well or badly, and what follows from it. Each line is safe Markdown. */
export interface Findings {
  readonly good: readonly string[];
  readonly bad: readonly string[];
  readonly actions: readonly string[];
}

interface Collected {
  good: string[];
  bad: string[];
  actions: string[];
}

export function deriveFindings(facts: ReviewFacts, measures: readonly Measure[]): Findings {
  const found: Collected = { good: [], bad: [], actions: [] };
  judgeDetection(facts, found);
  for (const measured of measures) judgeMeasure(measured, found);
  judgeStops(facts, found);
  judgeRuns(facts, found);
  judgeBrokenGlass(facts, found);
  judgeEvidence(facts, found);
  judgeDeliveries(facts, found);
  judgeRecord(facts, found);
  return found;
}

function judgeDetection(facts: ReviewFacts, found: Collected): void {
  const [first] = facts.alerts;
  const foundByRule = facts.alerts.find((alert) => alert.rule_id !== null);
  if (first === undefined) {
    found.bad.push("No rule saw it: a person reported the incident.");
    found.actions.push("Write a detection rule for what was seen here, or say why none can.");
    return;
  }
  if (foundByRule === undefined) {
    found.good.push(`${inline(first.source)} reported it: ${inline(first.title)}.`);
    return;
  }
  found.good.push(`A rule detected it: ${inline(foundByRule.title)} (${code(foundByRule.rule_id ?? "")}).`);
}

function judgeMeasure(measured: Measure, found: Collected): void {
  const { name, result, tookMs, targetMs } = measured;
  const target = targetMs === null ? "" : formatDuration(targetMs);
  if (result === "met" && tookMs !== null) {
    found.good.push(`${name} ${formatDuration(tookMs)} after detection, within the target of ${target}.`);
  }
  if (result === "missed") {
    const took = tookMs === null ? "has not happened" : `took ${formatDuration(tookMs)}`;
    found.bad.push(`The target "${name.toLowerCase()} within ${target}" was missed: it ${took}.`);
    found.actions.push(`Find out why "${name.toLowerCase()} within ${target}" was missed, and remove the cause.`);
  }
}

function judgeStops(facts: ReviewFacts, found: Collected): void {
  const results = facts.stops.flatMap((stop) => stop.results);
  const proved = results.filter((result) => result.state === "verified_stopped");
  if (results.length > 0 && proved.length === results.length) {
    const slowest = Math.max(...proved.map((result) => result.elapsedMs ?? 0));
    found.good.push(
      `Every stop was proved (${proved.length} of ${results.length} results), the slowest in ${formatDuration(slowest)}.`,
    );
  }
  for (const result of results.filter((candidate) => candidate.state !== "verified_stopped")) {
    const what = `${code(result.agentId)} (session ${code(result.sessionId)}) ended as ${inline(result.state)}`;
    found.bad.push(`The stop of ${what}: ${inline(result.proof)}.`);
    found.actions.push(`Find out why the stop of ${what}, and whether anything still runs.`);
  }
  if (results.length === 0) found.bad.push("No stop is recorded for this incident.");
}

function judgeRuns(facts: ReviewFacts, found: Collected): void {
  for (const run of facts.runs) {
    const title = inline(run.playbook_title);
    if (run.state === "completed") found.good.push(`The playbook "${title}" completed.`);
    if (run.state === "completed_with_exceptions" || run.state === "failed" || run.state === "aborted") {
      const steps = run.steps.filter((step) => !["succeeded", "pending"].includes(step.state));
      const which = steps.map((step) => `${inline(step.title)} (${inline(step.state)})`).join(", ");
      found.bad.push(`The playbook "${title}" ended as ${inline(run.state)}${which === "" ? "" : `: ${which}`}.`);
      found.actions.push(`Mend the playbook "${title}" or what it acts on, and prove it in a drill.`);
    }
  }
}

function judgeBrokenGlass(facts: ReviewFacts, found: Collected): void {
  for (const { id, title, break_glass: broken, reviewed } of facts.brokenGlass) {
    if (broken === null) continue;
    found.bad.push(
      `${inline(broken.by.name)} approved "${inline(title)}" alone (break-glass): ${inline(broken.reason)}.`,
    );
    const verdict = reviewed?.verdict ?? null;
    if (verdict === "justified") continue;
    found.actions.push(
      verdict === null
        ? `Have another person than ${inline(broken.by.name)} review the broken glass ${code(id)}.`
        : `The broken glass ${code(id)} was not justified: say how it is kept from happening again.`,
    );
  }
}

function judgeEvidence(facts: ReviewFacts, found: Collected): void {
  const degraded = facts.evidence.filter((archive) => archive.degraded_items > 0);
  if (facts.evidence.length === 0) {
    found.bad.push("No evidence was collected.");
    found.actions.push("Find out why no evidence was collected, and whether anything can still be secured.");
  } else if (degraded.length === 0) {
    found.good.push(`Evidence was collected whole: archives ${facts.evidence.length}, degraded items 0.`);
  }
  for (const archive of degraded) {
    const part = `${archive.degraded_items} of ${archive.items} items of the evidence ${code(archive.id)}`;
    found.bad.push(`${part} are degraded.`);
    found.actions.push(`Look at why ${part} could not be collected whole.`);
  }
}

function judgeDeliveries(facts: ReviewFacts, found: Collected): void {
  const failed = facts.deliveries.filter((delivery) => delivery.state === "failed");
  const delivered = facts.deliveries.filter((delivery) => delivery.state === "delivered");
  const retried = delivered.filter((delivery) => delivery.attempts > 1);
  if (facts.deliveries.length === 0) {
    found.bad.push("Nobody was notified: no channel is set up for this severity.");
    found.actions.push("Set up a notification channel in the profile.");
  }
  if (delivered.length > 0 && delivered.length === facts.deliveries.length) {
    found.good.push(`Every notification was delivered (${delivered.length}).`);
  }
  for (const delivery of retried) {
    found.bad.push(
      `The notification ${inline(delivery.template)} to ${code(delivery.channel)} needed ${delivery.attempts} attempts.`,
    );
  }
  for (const delivery of failed) {
    const what = `the notification ${inline(delivery.template)} to ${code(delivery.channel)}`;
    found.bad.push(`Failed: ${what} (${inline(delivery.last_error ?? "no reason recorded")}).`);
    found.actions.push(`Mend the channel ${code(delivery.channel)} and retry ${what}.`);
  }
}

function judgeRecord({ incident }: ReviewFacts, found: Collected): void {
  if (incident.root_cause === null) {
    found.actions.push("Find the root cause and record it.");
  }
  if (incident.commander === null) {
    found.bad.push("Nobody took command of the incident.");
  }
}
