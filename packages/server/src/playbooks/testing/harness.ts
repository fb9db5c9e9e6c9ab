import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Actor, Role, RunView } from "@firebreak/protocol";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { inTransaction } from "../../storage/index.ts";
import type { Database } from "../../storage/index.ts";
import type { FaultPoint, PlaybookVerbs, RunContext } from "../context.ts";
import { executeRun } from "../execute-run.ts";
import type { RunProgress } from "../execute-run.ts";
import { getRun } from "../list-runs.ts";
import { checkPlaybook } from "../load-playbooks.ts";
import type { LoadedPlaybook } from "../load-playbooks.ts";
import { requestRun } from "../request-run.ts";
import { testProfile } from "./profile.ts";
import { fileEffectors } from "./file-effectors.ts";

/** what `${secrets.NAME}` stands for in tests */
export const TEST_SECRETS: Readonly<Record<string, string>> = { DB_PASSWORD: "hunter2-hunter2" };

export const ada: Actor = { kind: "person", id: "usr_ada", name: "ada" };

/** Thrown by a fault: the executor is gone, as after kill -9. */
export class Died extends Error {}

export interface Harness {
  readonly home: string;
  readonly ctx: RunContext & PlaybookVerbs & { readonly access: Role };
  request(
    text: string,
    options?: { inputs?: Record<string, unknown>; incidentId?: string; calls?: readonly string[] },
  ): Promise<string>;
  execute(runId: string, fault?: RunContext["fault"]): Promise<RunProgress>;
  view(runId: string): Promise<RunView>;
  close(): void;
}

export function loadText(text: string): LoadedPlaybook {
  const { playbook, problems } = checkPlaybook("test.yaml", text, fileEffectors);
  if (!playbook) throw new Error(`the test's playbook is wrong: ${JSON.stringify(problems)}`);
  return playbook;
}

export function createHarness(database: Database): Harness {
  const home = mkdtempSync(join(tmpdir(), "firebreak-playbooks-"));
  const common = { database, clock: systemClock, newId: createNewId(() => systemClock.now()), logger: silentLogger };
  const readSecret = async (name: string) => TEST_SECRETS[name];
  const ctx = {
    ...common,
    access: "commander" as const,
    profile: testProfile,
    readSecret,
    actor: ada,
    home,
    effectors: fileEffectors,
    playbooks: new Map<string, LoadedPlaybook>(),
  };
  return {
    home,
    ctx,
    request: async (text, { inputs = {}, incidentId, calls = [] } = {}) => {
      const playbook = loadText(text);
      const verbs = {
        ...ctx,
        playbooks: new Map([playbook, ...calls.map(loadText)].map((one) => [one.document.id, one])),
      };
      const request = { playbookId: playbook.document.id, incidentId: incidentId ?? null, inputs };
      const { runId } = await inTransaction(database, (trx) => requestRun(trx, verbs, request));
      return runId;
    },
    execute: (runId, fault) => executeRun(fault ? { ...ctx, fault: deadForGood(fault) } : ctx, runId),
    view: (runId) => getRun(database, runId),
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** A dead process does nothing more, also in another branch of the run. */
function deadForGood(fault: NonNullable<RunContext["fault"]>): NonNullable<RunContext["fault"]> {
  let isDead = false;
  return (point, stepId) => {
    if (isDead) throw new Died();
    isDead = true;
    fault(point, stepId);
    isDead = false;
  };
}

/** @returns a fault that kills the executor at the n-th moment it passes, counted from 0, and counts all of them */
export function dieAtMoment(moment: number): { readonly fault: (point: FaultPoint) => void; passed(): number } {
  let passed = 0;
  return {
    fault: () => {
      passed += 1;
      if (passed === moment + 1) throw new Died();
    },
    passed: () => passed,
  };
}

export function stateOf(run: RunView, stepId: string): string {
  return run.steps.find((step) => step.id === stepId)?.state ?? "no such step";
}

export function reasonOf(run: RunView, stepId: string): string | null | undefined {
  return run.steps.find((step) => step.id === stepId)?.reason;
}
