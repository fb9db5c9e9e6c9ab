/** Drills of the playbook `service-down`: two that held, one that did not. */
import type { DrillRecord, DrillView, PlaybookDetail } from "@firebreak/protocol";

type At = (minutes: number) => string;

const ADA = { kind: "person", id: "usr_ada", name: "ada" } as const;
const DAY = 24 * 60;

function drill(playbook: PlaybookDetail, at: At, days: number, part: Partial<DrillRecord>): DrillView {
  const record: DrillRecord = {
    format: 1,
    id: `drl_0000000000000000000000000${days % 10}`,
    title: "Redis is killed while agents work",
    profile: "ai-empire",
    playbook: { id: playbook.id, title: playbook.title, version: playbook.version, hash: playbook.hash },
    drillHash: "77aa".repeat(16),
    firebreakVersion: "0.1.0",
    sandbox: { isolation: "namespaces", system: "Linux 6.8", node: "20.20.2" },
    startedAt: at(days * DAY),
    endedAt: at(days * DAY - 1),
    seconds: 60 + days,
    result: "passed",
    findings: [],
    fault: { kind: "redis_killed", what: "kill -9 of the Redis of the sandbox", at: at(days * DAY) },
    severity: 2,
    incidentId: "INC-2026-0001",
    run: { id: "run_drill", state: "completed", reason: null },
    spans: [
      { name: "detected", ms: 1200 + days * 100, targetMs: 5000, met: true },
      { name: "contained", ms: 9000 + days * 300, targetMs: 15_000, met: true },
      { name: "recovered", ms: 41_000, targetMs: null, met: null },
    ],
    steps: [
      {
        id: "down",
        phase: "contain",
        title: "Ask the service whether it answers",
        state: "succeeded",
        reason: null,
        message: null,
        ms: 812,
        expected: true,
      },
      {
        id: "restart",
        phase: "contain",
        title: "Restart the service",
        state: "failed",
        reason: "unreachable",
        message: "systemd did not answer",
        ms: 60_000,
        expected: false,
      },
    ],
    checks: [{ title: "Redis answers", held: true, found: "up, 0 keys lost" }],
    notExercised: [],
    answers: [{ step: "how-bad", by: "drill-lead", said: "major" }],
    messages: 2,
    ...part,
  };
  return { record, recordedAt: record.endedAt, recordedBy: ADA };
}

export function sampleDrills(playbook: PlaybookDetail, at: At): DrillView[] {
  return [
    drill(playbook, at, 1, {
      result: "failed",
      findings: ["The service did not answer within its target"],
      spans: [
        { name: "detected", ms: 1400, targetMs: 5000, met: true },
        { name: "contained", ms: 22_000, targetMs: 15_000, met: false },
        { name: "recovered", ms: null, targetMs: null, met: null },
      ],
      checks: [{ title: "Redis answers", held: false, found: "refused connection" }],
      notExercised: [{ step: "block", effector: "firewall.block", why: "the sandbox has no network of its own" }],
    }),
    drill(playbook, at, 3, {}),
    drill(playbook, at, 8, { result: "passed_in_part" }),
  ];
}

export function summaryOfDrill({ record }: DrillView) {
  const { id, title, profile, playbook, firebreakVersion, startedAt, endedAt, seconds, result, findings, spans } =
    record;
  const { notExercised } = record;
  return {
    id,
    title,
    profile,
    playbook,
    firebreakVersion,
    startedAt,
    endedAt,
    seconds,
    result,
    findings,
    spans,
    notExercised,
  };
}
