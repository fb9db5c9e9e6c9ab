import type { GuardLevel, GuardProcess } from "@firebreak/protocol";
import type { Signal } from "../alerts/index.ts";
import type { GuardSettings } from "../kernel/index.ts";
import type { HostReading } from "./host-counters.ts";
import { isHigher } from "./levels.ts";
import type { RaisedLevel } from "./levels.ts";

const GUARD_SOURCE = "resource-guard";

/** The runbook's levels: an emergency is its SEV-2, a performance issue SEV-3, a warning SEV-4; a full disk SEV-2. */
const ALERTS = [
  { what: "load", level: "warn", severity: 4 },
  { what: "load", level: "critical", severity: 3 },
  { what: "load", level: "emergency", severity: 2 },
  { what: "disk", level: "warn", severity: 4 },
  { what: "disk", level: "critical", severity: 2 },
] as const satisfies readonly { what: "load" | "disk"; level: RaisedLevel; severity: Signal["severity"] }[];
type ResourceAlert = (typeof ALERTS)[number];

/** @returns by what the alert of an emergency is found */
export function emergencyAlert(host: string): { readonly source: string; readonly key: string } {
  return { source: GUARD_SOURCE, key: `${host}/load/emergency` };
}

export interface ResourceState {
  readonly host: string;
  readonly atMs: number;
  readonly settings: GuardSettings;
  readonly reading: HostReading;
  /** of processor and memory together */
  readonly load: GuardLevel;
  readonly disk: GuardLevel;
  readonly top: { readonly cpu: readonly GuardProcess[]; readonly memory: readonly GuardProcess[] };
}

/** One alert per level reached, each a graver one of the same group; what is over is resolved. */
export function signalsOf(state: ResourceState): Signal[] {
  return ALERTS.map((alert) => {
    const current = alert.what === "load" ? state.load : state.disk;
    return signalOf(state, alert, isHigher(alert.level, current) ? "resolve" : "trigger");
  });
}

function signalOf(state: ResourceState, alert: ResourceAlert, action: "trigger" | "resolve"): Signal {
  const { host, atMs } = state;
  const { what, level, severity } = alert;
  return {
    source: GUARD_SOURCE,
    kind: GUARD_SOURCE,
    key: `${host}/${what}/${level}`,
    action,
    title: titleOf(alert, host),
    text: action === "resolve" ? null : textOf(state, alert),
    severity,
    labels: { host, resource: what, level },
    annotations: {},
    links: [],
    startsAtMs: atMs,
    endsAtMs: null,
    staleAfterMs: null,
    groupKey: `${GUARD_SOURCE}:${host}:${what}`,
    agentId: null,
    pack: null,
    detail: { reading: state.reading, top: what === "load" ? state.top : undefined },
    notes: [],
  };
}

function titleOf({ what, level }: ResourceAlert, host: string): string {
  if (what === "disk") return `Disk space of ${host} is ${level === "warn" ? "low" : "critical"}`;
  switch (level) {
    case "warn":
      return `${host} is under load`;
    case "critical":
      return `${host} is under heavy load`;
    case "emergency":
      return `Resource emergency on ${host}`;
  }
}

function textOf({ reading, settings, top }: ResourceState, { what, level }: ResourceAlert): string {
  if (what === "disk") {
    const { percent = 0, freeBytes = 0 } = reading.disk ?? {};
    const tier = level === "warn" ? settings.diskFreeGb.warn : settings.diskFreeGb.critical;
    return `Disk ${round(percent)} % full, ${round(freeBytes / 1024 ** 3)} GB free (at least ${tier} GB and at most ${settings.diskPercent[level]} %).`;
  }
  const measures = [
    `CPU ${round(reading.cpu.percent)} % (tier ${settings.cpuPercent[level]} %)`,
    `memory ${round(reading.memory.percent)} % (tier ${settings.memoryPercent[level]} %)`,
  ].join(", ");
  const cpu = top.cpu.map((one) => `${nameOf(one)} ${round(one.cpuPercent)} %`).join(", ");
  const memory = top.memory.map((one) => `${nameOf(one)} ${round(one.memoryBytes / 1024 ** 2)} MB`).join(", ");
  return `${measures}. Most CPU: ${cpu || "not known yet"}. Most memory: ${memory || "not known yet"}.`;
}

function nameOf({ name, pid, agentId }: GuardProcess): string {
  return agentId === null ? `${name} (pid ${pid})` : `${name} (pid ${pid}, agent ${agentId})`;
}

function round(value: number): number {
  return Math.round(value);
}
