import { parentPort, workerData } from "node:worker_threads";
import { FirebreakError } from "../../kernel/index.ts";
import { importFile } from "../../playbooks/index.ts";
import { effectorsToCheck } from "../effectors-to-check.ts";
import type { ImportAnswer, ImportTask } from "./import-task.ts";

/** Guarantee: `runbook-importer.ts` of this same build is the only one who starts this file. */
function taskOf(data: unknown): ImportTask {
  return data as ImportTask;
}

async function answer({ text, file, home, profile, ...place }: ImportTask): Promise<ImportAnswer> {
  try {
    const imported = await importFile(text, { file, home, effectors: effectorsToCheck(profile, place) });
    return { ok: true, imported };
  } catch (fault) {
    if (!(fault instanceof FirebreakError)) throw fault;
    return { ok: false, code: fault.code, message: fault.message };
  }
}

parentPort?.postMessage(await answer(taskOf(workerData)), []);
