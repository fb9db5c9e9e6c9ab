import { ALERT_REASONS, ALERT_STAGES } from "@firebreak/protocol";
import { expect, test } from "vitest";
import { alertRules, compileMatchers, parseMatchers } from "../../kernel/index.ts";
import type { LabelTest } from "../../kernel/index.ts";
import { compileRules } from "./compile-rules.ts";
import { runPipeline } from "./run-pipeline.ts";
import type { Candidate, Mute, Situation } from "./types.ts";

const NOW = Date.UTC(2026, 2, 1, 12);
const MINUTE_MS = 60_000;

const alert: Candidate = {
  id: "alr_1",
  source: "prometheus",
  key: "a1b2",
  status: "open",
  occurrence: 1,
  labels: { alertname: "HighLatency", cluster: "eu", team: "db", severity: "critical" },
  agentId: null,
  groupKey: null,
  wasNormalised: false,
  incidentId: null,
  contains: false,
  severity: 1,
  incidentType: "other",
};
const containing: Candidate = { ...alert, agentId: "scout", contains: true };

const quiet: Situation = {
  now: NOW,
  routes: [],
  inhibitions: [],
  inhibitors: [],
  silences: [],
  windows: [],
  lastToldAt: null,
};

function testOf(text: string): LabelTest {
  const parsed = parseMatchers(text);
  const compiled = parsed.ok ? compileMatchers(parsed.value) : parsed;
  if (!compiled.ok) throw new Error(compiled.problem);
  return compiled.value;
}

function muteOf(match: string, more: { until?: number | null; mutesContainment?: boolean } = {}): Mute {
  const { until = NOW + MINUTE_MS, mutesContainment = false } = more;
  return { id: "sil_1", mutesContainment, matches: testOf(match), activeUntil: () => until };
}

const rules = (given: unknown) => compileRules({ alerts: alertRules.parse(given) });
const reasonsOf = (candidate: Candidate, situation: Partial<Situation> = {}) =>
  runPipeline(candidate, { ...quiet, ...situation }).stages.map(({ reason }) => reason);
const lastOf = (candidate: Candidate, situation: Partial<Situation> = {}) =>
  runPipeline(candidate, { ...quiet, ...situation }).stages.at(-1);

test("D-9: an alert that nothing bears on passes every stage, each with its reason", () => {
  const decision = runPipeline(alert, quiet);
  expect(decision.stages.map(({ stage }) => stage)).toEqual(ALERT_STAGES.filter((stage) => stage !== "storm"));
  expect(decision.stages.map(({ reason }) => reason)).toEqual([
    "as_sent",
    "first",
    "alone",
    "not_inhibited",
    "not_silenced",
    "no_maintenance",
    "default_route",
    "told_now",
  ]);
  expect(decision).toMatchObject({ disposition: "incident", heldBy: null, decideAt: null });
});

test("D-9: what a sender got wrong, what came back, and what was over already are told apart", () => {
  expect(reasonsOf({ ...alert, wasNormalised: true, occurrence: 3 }).slice(0, 2)).toEqual(["normalised", "recurred"]);
  expect(lastOf({ ...alert, status: "resolved" })).toMatchObject({ stage: "deduplicate", reason: "resolved_already" });
  expect(lastOf({ ...containing, status: "resolved" })).toMatchObject({ reason: "told_now" });
});

test("D-9: alerts share an incident by agent, by their sender's group, by a route's labels, or by their key", () => {
  const groupOf = (candidate: Candidate, given: unknown = {}) =>
    runPipeline(candidate, { ...quiet, ...rules(given) }).plan.groupKey;
  const byTeam = { routes: [{ name: "teams", match: "team=~.+", groupBy: ["team", "cluster"] }] };
  expect(groupOf({ ...alert, agentId: "scout" })).toBe("agent:scout");
  expect(groupOf({ ...alert, groupKey: "g" })).toBe(groupOf({ ...alert, groupKey: "g", key: "other" }));
  expect(groupOf({ ...alert, groupKey: "g" })).not.toBe(groupOf({ ...alert, groupKey: "g", source: "other" }));
  expect(groupOf(alert, byTeam)).toBe(groupOf({ ...alert, key: "other", agentId: "scout" }, byTeam));
  expect(groupOf(alert, byTeam)).not.toBe(groupOf({ ...alert, labels: { ...alert.labels, cluster: "us" } }, byTeam));
  expect(groupOf(containing, byTeam)).toBe("agent:scout");
  expect(groupOf(alert)).not.toBe(groupOf({ ...alert, key: "other" }));
});

test("D-9: an open alert inhibits another where the labels agree, never itself, never its like", () => {
  const { inhibitions } = rules({
    inhibitions: [{ name: "down", source: "alertname=ClusterDown", target: 'team="db"', equal: ["cluster"] }],
  });
  const down = { id: "alr_9", labels: { alertname: "ClusterDown", cluster: "eu", team: "db" } };
  const given = (labels: Record<string, string>) => ({ inhibitions, inhibitors: [{ ...down, labels }] });
  expect(lastOf(alert, given(down.labels))).toEqual({
    stage: "inhibit",
    reason: "inhibited",
    by: "alr_9",
    until: null,
  });
  expect(reasonsOf(alert, given({ ...down.labels, cluster: "us" }))).toContain("not_inhibited");
  expect(reasonsOf({ ...alert, ...down }, given(down.labels))).toContain("not_inhibited");
  // both are source and target
  expect(reasonsOf({ ...alert, labels: down.labels }, given(down.labels))).toContain("not_inhibited");
  expect(reasonsOf({ ...alert, labels: { team: "web" } }, given(down.labels))).toContain("not_inhibited");
});

test("D-9: a silence and a maintenance window hold what matches while they are on", () => {
  const silenced = { stage: "silence", reason: "silenced", by: "sil_1", until: "2026-03-01T12:01:00.000Z" };
  expect(lastOf(alert, { silences: [muteOf("team=db")] })).toEqual(silenced);
  expect(lastOf(alert, { windows: [muteOf("team=db")] })).toMatchObject({ reason: "in_maintenance", by: "sil_1" });
  expect(reasonsOf(alert, { silences: [muteOf("team=web")] })).toContain("not_silenced");
  expect(reasonsOf(alert, { silences: [muteOf("team=db", { until: null })] })).toContain("not_silenced");
  const decision = runPipeline(alert, { ...quiet, silences: [muteOf("team=db")] });
  expect(decision).toMatchObject({ disposition: "held", heldBy: "sil_1", decideAt: NOW + MINUTE_MS });
});

test("D-9: the first route that matches says whether there is an incident, how grave, of what type", () => {
  const given = rules({
    routes: [
      { name: "noise", match: "alertname=Watchdog", incident: false },
      { name: "db", match: "team=db", severity: 3, type: "system_outage" },
      { name: "late", match: "team=db", severity: 1 },
    ],
  });
  expect(runPipeline(alert, { ...quiet, ...given })).toMatchObject({
    disposition: "incident",
    plan: { severity: 3, incidentType: "system_outage" },
  });
  expect(lastOf({ ...alert, labels: { alertname: "Watchdog" } }, given)).toEqual({
    stage: "route",
    reason: "kept_by_route",
    by: "noise",
    until: null,
  });
});

test("D-9: what came back within the repeat interval is not told again until it is over", () => {
  const given = rules({ routes: [{ name: "db", match: "team=db", repeatMinutes: 60 }] });
  const again = { ...alert, occurrence: 2 };
  const told = { ...given, lastToldAt: NOW - 59 * MINUTE_MS };
  expect(lastOf(again, told)).toMatchObject({ reason: "told_recently", by: "db", until: "2026-03-01T12:01:00.000Z" });
  expect(lastOf(again, { ...told, now: NOW + MINUTE_MS })).toMatchObject({ reason: "told_now" });
  expect(lastOf(again, { lastToldAt: NOW })).toMatchObject({ reason: "told_now" });
  expect(lastOf({ ...again, ...containing }, told)).toMatchObject({ reason: "told_now" });
  expect(lastOf({ ...again, incidentId: "INC-1" })).toMatchObject({ reason: "told_already", by: "INC-1" });
});

const HOLDERS: readonly (readonly [string, (mutesContainment: boolean) => Partial<Situation>])[] = [
  ["silence", (mutesContainment) => ({ silences: [muteOf("team=db", { mutesContainment })] })],
  ["maintenance window", (mutesContainment) => ({ windows: [muteOf("team=db", { mutesContainment })] })],
  [
    "inhibition",
    (mutesContainment) => ({
      ...rules({ inhibitions: [{ name: "i", source: "alertname=Down", target: "team=db", mutesContainment }] }),
      inhibitors: [{ id: "alr_9", labels: { alertname: "Down" } }],
    }),
  ],
  [
    "route",
    (mutesContainment) => rules({ routes: [{ name: "r", match: "team=db", incident: false, mutesContainment }] }),
  ],
];

test.each(HOLDERS)(
  "C-7: a %s spares what contains an agent by itself, unless it says otherwise",
  (_name, situation) => {
    expect(runPipeline(alert, { ...quiet, ...situation(false) }).disposition).toBe("held");
    const spared = runPipeline(containing, { ...quiet, ...situation(false) });
    expect(spared.disposition).toBe("incident");
    expect(spared.stages).toContainEqual(expect.objectContaining({ reason: "spared" }));
    expect(runPipeline(containing, { ...quiet, ...situation(true) }).disposition).toBe("held");
  },
);

test("D-9: every stage says only what its closed set holds", () => {
  const seen = [alert, containing].flatMap((candidate) =>
    HOLDERS.flatMap(([, situation]) => runPipeline(candidate, { ...quiet, ...situation(false) }).stages),
  );
  for (const { stage, reason } of seen) expect(ALERT_REASONS[stage]).toContain(reason);
});
