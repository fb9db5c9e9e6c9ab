import type { AgentCoverage, CoverageLevel, GateCoverage, GateRuntime } from "@firebreak/protocol";
import { GATE_COVERAGE } from "./gate-coverage.ts";
import type { RecordedGate } from "./gate-records.ts";

/** What a gate says of itself, every minute. */
export interface GateReport {
  readonly runtime: GateRuntime;
  readonly version: string | null;
  readonly lastReportAt: string;
}

export interface CoverageFacts {
  readonly agentId: string;
  readonly pack: string | null;
  readonly lastSeenAt: string | null;
  readonly supervisor: AgentCoverage["supervisor"];
  readonly reports: readonly GateReport[];
  /** of this agent, installed from this home */
  readonly records: readonly RecordedGate[];
  readonly nowMs: number;
}

/** Three reports that did not come. */
const SILENT_AFTER_MS = 180_000;

const SUMMARIES: Readonly<Record<CoverageLevel, string>> = {
  processes_and_calls: "Its calls are refused and its processes frozen or killed, with proof.",
  processes: "Its processes are frozen or killed, with proof; single calls cannot be refused.",
  calls: "Its calls are refused; its processes cannot be frozen or killed: start it with firebreak run.",
  observed: "Observed only: nothing can refuse its calls or end its processes.",
};

/** Decides what is enforced on one agent from what is known, and says in words what is not. */
export function coverAgent(facts: CoverageFacts): AgentCoverage {
  const { agentId, pack, lastSeenAt, supervisor } = facts;
  const gates = gatesOf(facts);
  const inForce = gates.filter(isInForce);
  const isSupervised = supervisor?.alive === true;
  const level = levelOf(isSupervised, inForce.length > 0);
  const rows = inForce.flatMap(({ runtime }) => GATE_COVERAGE[runtime].map((row) => ({ runtime, row })));
  const say = ({ runtime, row: [what] }: (typeof rows)[number]) => `${runtime}: ${what}`;
  return {
    agentId,
    pack,
    lastSeenAt,
    level,
    summary: SUMMARIES[level],
    supervisor,
    gates,
    enforced: [
      ...(isSupervised ? ["its process tree: frozen, killed, and not started while stopped"] : []),
      ...rows.filter(({ row: [, enforced] }) => enforced).map(say),
    ],
    observedOnly: [
      ...(isSupervised ? [] : ["its processes: no supervisor runs it"]),
      ...(inForce.length > 0 ? [] : ["its calls: no gate stands before them"]),
      ...gates.filter((gate) => !inForce.includes(gate)).map(troubleOf),
      ...rows.filter(({ row: [, enforced] }) => !enforced).map(say),
    ],
  };
}

/**
 * What this machine alone knows, for agents that no server tells of.
 *
 * @param supervised sessions of this machine, by their agents
 */
export function coverRecords(
  records: readonly RecordedGate[],
  supervised: readonly {
    readonly agent: string;
    readonly pack: string | null;
    readonly supervisor: AgentCoverage["supervisor"];
  }[],
  nowMs: number,
): AgentCoverage[] {
  const ids = new Set([...records, ...supervised].map(({ agent }) => agent));
  return [...ids].toSorted().map((agentId) => {
    const own = records.filter(({ agent }) => agent === agentId);
    const session = supervised.find(({ agent }) => agent === agentId);
    const pack = session?.pack ?? own[0]?.pack ?? null;
    const supervisor = session?.supervisor ?? null;
    return coverAgent({ agentId, pack, lastSeenAt: null, supervisor, reports: [], records: own, nowMs });
  });
}

function isInForce({ state, testPassed }: GateCoverage): boolean {
  return (state === "reporting" || state === "installed") && testPassed !== false;
}

function levelOf(isSupervised: boolean, isGated: boolean): CoverageLevel {
  if (isSupervised) return isGated ? "processes_and_calls" : "processes";
  return isGated ? "calls" : "observed";
}

/** One per runtime and place; a gate that reports and is on record is one. */
function gatesOf({ reports, records, nowMs }: CoverageFacts): GateCoverage[] {
  const recorded = records.map((record): GateCoverage => {
    const report = reports.find(({ runtime }) => runtime === record.runtime);
    const isFresh = record.state === "installed" && report !== undefined && isReporting(report, nowMs);
    return {
      runtime: record.runtime,
      version: report?.version ?? null,
      state: isFresh ? "reporting" : record.state,
      lastReportAt: report?.lastReportAt ?? null,
      place: record.place,
      installedAt: record.installedAt,
      testedAt: record.test?.at ?? null,
      testPassed: record.test?.passed ?? null,
    };
  });
  const unrecorded = reports.filter(({ runtime }) => !records.some((record) => record.runtime === runtime));
  const reported = unrecorded.map((report): GateCoverage => ({
    runtime: report.runtime,
    version: report.version,
    state: isReporting(report, nowMs) ? "reporting" : "silent",
    lastReportAt: report.lastReportAt,
    place: null,
    installedAt: null,
    testedAt: null,
    testPassed: null,
  }));
  return [...recorded, ...reported];
}

function isReporting({ lastReportAt }: GateReport, nowMs: number): boolean {
  return nowMs - Date.parse(lastReportAt) <= SILENT_AFTER_MS;
}

function troubleOf({ runtime, state, place }: GateCoverage): string {
  switch (state) {
    case "gone":
      return `${runtime}: the gate is gone from ${place ?? "its place"}`;
    case "changed":
      return `${runtime}: the gate of ${place ?? "its place"} is not as it was installed: install it again`;
    case "unreadable":
      return `${runtime}: ${place ?? "its settings"} cannot be read`;
    case "silent":
      return `${runtime}: the gate reports no more`;
    case "reporting":
    case "installed":
      return `${runtime}: the gate failed its last self-test`;
  }
}
