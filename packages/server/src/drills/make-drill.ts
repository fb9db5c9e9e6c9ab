import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { DrillRecord } from "@firebreak/protocol";
import { drillRecord } from "@firebreak/protocol";
import { codeOf, messageOf, programFile, toIso } from "../kernel/index.ts";
import type { Clock, NewId } from "../kernel/index.ts";
import { RECORD_FILE, SPEC_FILE } from "./conduct/spec.ts";
import type { DrillSpec } from "./conduct/spec.ts";
import { runsPrograms } from "./conduct/deeds.ts";
import { FAULTS } from "./faults/index.ts";
import type { Missing } from "./faults/fault.ts";
import type { LoadedDrill } from "./load-drills.ts";
import type { PlaybookUnderTest } from "./read-playbook.ts";
import { MARKER, clearLeftovers, clearSandbox } from "./sandbox/clear.ts";
import { findIsolation, isolated } from "./sandbox/isolate.ts";
import type { Isolation } from "./sandbox/isolate.ts";
import { nameProcess, openLedger, sandboxesDir } from "./sandbox/ledger.ts";
import { SERVICES } from "./services/index.ts";

export interface DrillSurroundings {
  readonly clock: Clock;
  readonly newId: NewId;
  /** whose files are tried: profile, playbooks, rules */
  readonly home: string;
  readonly profilesDir: string;
  readonly profileName: string;
  readonly version: string;
  /** the program `firebreak` */
  readonly program: string;
  readonly rogueAgent: string;
  readonly searchPath: string;
  /** aborted when a person ends it */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

export interface DrillMade {
  readonly record: DrillRecord;
  /** where the sandbox was left, when it was to be kept */
  readonly folder: string | null;
}

const SAID_KEPT = 4000;

/** Removes what killed drills left. @returns the folders */
export function removeLeftovers(nowMs: number): Promise<string[]> {
  return clearLeftovers(sandboxesDir(), nowMs);
}

export interface DrillWishes {
  readonly keep: boolean;
  readonly folderOnly: boolean;
}

/**
 * Makes one drill in a sandbox of its own, and clears it away whatever happens. What keeps the drill from being made is a finding of
 * its record: the next one may be made all the same.
 */
export async function makeDrill(
  surroundings: DrillSurroundings,
  drill: LoadedDrill,
  playbook: PlaybookUnderTest,
  wishes: DrillWishes,
): Promise<DrillMade> {
  const { clock, newId } = surroundings;
  const startedAtMs = clock.now();
  const drillId = newId("drill");
  const isolation = wishes.folderOnly ? "folder" : findIsolation();
  const folder = path.join(sandboxesDir(), drillId);
  const spec = toSpec(surroundings, drill, playbook, { drillId, folder, isolation });
  try {
    return await makeInSandbox(surroundings, drill, spec, wishes.keep);
  } catch (fault) {
    const findings = [`the drill could not be made: ${messageOf(fault)}`];
    return { record: emptyRecord(spec, "failed", findings, startedAtMs, clock.now()), folder: null };
  }
}

async function makeInSandbox(
  surroundings: DrillSurroundings,
  drill: LoadedDrill,
  spec: DrillSpec,
  keep: boolean,
): Promise<DrillMade> {
  const { clock } = surroundings;
  const startedAtMs = clock.now();
  const missing = findMissing(drill, spec.isolation);
  if (missing.length > 0) {
    const findings = missing.map(({ what, remedy }) => `${what} is missing. ${remedy}`);
    return { record: emptyRecord(spec, "not_run", findings, startedAtMs, clock.now()), folder: null };
  }
  const ledger = openLedger(spec.folder);
  const { folder } = ledger;
  writeFileSync(path.join(folder, SPEC_FILE), JSON.stringify(spec), { mode: 0o600 });
  const child = startSandbox(spec);
  if (child.pid !== undefined) ledger.note(child.pid);
  const said = await listen(child, surroundings);
  const record =
    readRecord(folder) ?? emptyRecord(spec, "failed", [`the drill broke down: ${said}`], startedAtMs, clock.now());
  const noted = child.pid === undefined ? [] : [nameProcess(child.pid)];
  if (keep) return { record, folder };
  return { record: await clearing(folder, noted, record), folder: null };
}

/** A drill that leaves something behind has not passed. */
async function clearing(
  folder: string,
  noted: Parameters<typeof clearSandbox>[1],
  record: DrillRecord,
): Promise<DrillRecord> {
  try {
    await clearSandbox(folder, noted);
    return record;
  } catch (fault) {
    return { ...record, result: "failed", findings: [...record.findings, messageOf(fault)] };
  }
}

function findMissing({ document }: LoadedDrill, isolation: Isolation): Missing[] {
  const fault = FAULTS.get(document.fault.kind)?.findMissing(isolation) ?? [];
  const services = document.services.flatMap(({ kind }) => SERVICES.get(kind)?.findMissing() ?? []);
  return [...fault, ...services, ...findMissingForHands(document, isolation)];
}

function findMissingForHands({ answers }: LoadedDrill["document"], isolation: Isolation): Missing[] {
  if (isolation === "namespaces" || !runsPrograms(answers)) return [];
  return [{ what: "a sandbox in which persons may run programs", remedy: "Run the drill as root on Linux." }];
}

function startSandbox({ folder, isolation, searchPath }: DrillSpec): ChildProcess {
  const [program = "", ...args] = isolated(isolation, [process.execPath, programFile("drill-conduct"), folder]);
  return spawn(program, args, {
    cwd: folder,
    detached: true,
    env: { PATH: searchPath, TMPDIR: os.tmpdir(), LANG: "C.UTF-8", [MARKER]: folder },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** @returns the end of what it said, when it has ended */
async function listen(child: ChildProcess, { say, signal }: DrillSurroundings): Promise<string> {
  let tail = "";
  const keep = (text: string) => {
    tail = `${tail}\n${text}`.slice(-SAID_KEPT);
  };
  const { stdout, stderr, stdin } = child;
  if (stdout !== null) createInterface({ input: stdout }).on("line", (line) => say(line));
  if (stderr !== null) createInterface({ input: stderr }).on("line", keep);
  child.once("error", (fault) => keep(fault.message));
  const stop = () => stdin?.end();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  if (child.pid !== undefined) await once(child, "close");
  signal.removeEventListener("abort", stop);
  return tail.trim() === "" ? "it said nothing" : tail.trim();
}

function toSpec(
  surroundings: DrillSurroundings,
  drill: LoadedDrill,
  playbook: PlaybookUnderTest,
  own: { readonly drillId: string; readonly folder: string; readonly isolation: Isolation },
): DrillSpec {
  return {
    ...own,
    program: surroundings.program,
    rogueAgent: surroundings.rogueAgent,
    profileName: surroundings.profileName,
    profilesDir: surroundings.profilesDir,
    realHome: surroundings.home,
    searchPath: surroundings.searchPath,
    firebreakVersion: surroundings.version,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    playbook: playbook.identity,
    effectors: playbook.effectors,
    checklists: playbook.checklists,
    phaseTimeBoxes: playbook.phaseTimeBoxes,
    drill: drill.document,
    drillHash: drill.hash,
  };
}

function readRecord(folder: string): DrillRecord | null {
  try {
    return drillRecord.parse(JSON.parse(readFileSync(path.join(folder, RECORD_FILE), "utf8")));
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return null;
    throw fault;
  }
}

function emptyRecord(
  spec: DrillSpec,
  result: "failed" | "not_run",
  findings: readonly string[],
  startedAtMs: number,
  endedAtMs: number,
): DrillRecord {
  return {
    format: 1,
    id: spec.drillId,
    title: spec.drill.title,
    profile: spec.profileName,
    playbook: spec.playbook,
    drillHash: spec.drillHash,
    firebreakVersion: spec.firebreakVersion,
    sandbox: { isolation: spec.isolation, system: spec.system, node: process.version },
    startedAt: toIso(startedAtMs),
    endedAt: toIso(endedAtMs),
    seconds: Math.max(0, endedAtMs - startedAtMs) / 1000,
    result,
    findings: findings.map((finding) => finding.slice(0, 2000)),
    fault: { kind: spec.drill.fault.kind, what: "it was not caused", at: null },
    severity: null,
    incidentId: null,
    run: null,
    spans: [],
    steps: [],
    checks: [],
    notExercised: [],
    answers: [],
    messages: 0,
  };
}
