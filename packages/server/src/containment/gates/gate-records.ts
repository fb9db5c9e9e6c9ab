import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { entityName } from "@firebreak/protocol";
import type { GateState } from "@firebreak/protocol";
import { z } from "zod";
import { ensurePrivateDir, writeFileAtomic } from "../../kernel/index.ts";
import { claudeCodePaths, installedCommand, isClaudeCodeGateIntact } from "./claude-code.ts";
import type { GatePlace } from "./claude-code.ts";
import { listMcpServers } from "./mcp-config.ts";
import { installedPlugin, isOpenclawGateIntact, openclawPaths } from "./openclaw.ts";

const INSTALLED_RUNTIMES = ["claude-code", "openclaw", "mcp"] as const;
const gateRecord = z.object({
  runtime: z.enum(INSTALLED_RUNTIMES),
  agent: entityName,
  pack: entityName.nullable(),
  /** the settings file that names the gate */
  place: z.string(),
  installedAt: z.string(),
  test: z.object({ at: z.string(), passed: z.boolean() }).nullable(),
});
/** A gate that was installed into an agent runtime from this home. */
export type GateRecord = z.infer<typeof gateRecord>;
type GateKey = Pick<GateRecord, "runtime" | "place">;

const RECORDS_MAX = 1000;

/** Of an installation; doing it again replaces it. */
export function recordGate(home: string, record: GateRecord): void {
  writeRecords(home, [...readRecords(home).filter((one) => !isSame(one, record)), record]);
}

export function recordGateTest(home: string, key: GateKey, test: NonNullable<GateRecord["test"]>): void {
  writeRecords(
    home,
    readRecords(home).map((one) => (isSame(one, key) ? { ...one, test } : one)),
  );
}

/**
 * Forgets a gate, then changes it: whoever watches recorded gates must not take a person's change for an agent's.
 * The record is as before when the change fails.
 */
export function forgetGateAnd<T>(home: string, key: GateKey, change: () => T): T {
  const records = readRecords(home);
  if (records.some((one) => isSame(one, key)))
    writeRecords(
      home,
      records.filter((one) => !isSame(one, key)),
    );
  try {
    return change();
  } catch (fault) {
    if (records.length > 0) writeRecords(home, records);
    throw fault;
  }
}

export type RecordedGate = GateRecord & {
  readonly state: Extract<GateState, "installed" | "changed" | "gone" | "unreadable">;
};

/** The gates of this home, each looked at where it was installed. */
export function listRecordedGates(home: string): RecordedGate[] {
  return readRecords(home).map((record) => ({ ...record, state: stateOf(home, record) }));
}

function stateOf(home: string, record: GateRecord): RecordedGate["state"] {
  const place = { home, settingsFile: record.place };
  try {
    if (!isInPlace(place, record)) return "gone";
    return isIntact(place, record) ? "installed" : "changed";
  } catch {
    return "unreadable";
  }
}

function isInPlace(place: GatePlace, { runtime }: GateRecord): boolean {
  switch (runtime) {
    case "claude-code":
      return installedCommand(place) !== null && existsSync(claudeCodePaths(place).shim);
    case "openclaw":
      return installedPlugin(place) !== null && existsSync(path.join(openclawPaths(place).plugin, "index.js"));
    case "mcp": {
      const { started } = listMcpServers(place.settingsFile);
      return started.length > 0 && started.every((server) => server.gated);
    }
  }
}

/** An agent that may write the gate's own files makes it let through what it likes. */
function isIntact(place: GatePlace, record: GateRecord): boolean {
  switch (record.runtime) {
    case "claude-code":
      return isClaudeCodeGateIntact(place, record);
    case "openclaw":
      return isOpenclawGateIntact(place, record);
    case "mcp":
      return true;
  }
}

function isSame(one: GateKey, other: GateKey): boolean {
  return one.runtime === other.runtime && one.place === other.place;
}

function recordsFile(home: string): string {
  return path.join(home, "gates", "records.json");
}

/** Records that cannot be read are no records: the gates stand without them. */
function readRecords(home: string): GateRecord[] {
  if (!existsSync(recordsFile(home))) return [];
  try {
    return z.array(gateRecord).parse(JSON.parse(readFileSync(recordsFile(home), "utf8")));
  } catch {
    return [];
  }
}

function writeRecords(home: string, records: readonly GateRecord[]): void {
  ensurePrivateDir(path.join(home, "gates"));
  writeFileAtomic(recordsFile(home), `${JSON.stringify(records.slice(-RECORDS_MAX), null, 2)}\n`);
}
