import type { PlaybookImport } from "@firebreak/protocol";
import { FirebreakError, messageOf, programFile, startWorker } from "../../kernel/index.ts";
import type { WorkerLine } from "../../kernel/index.ts";
import type { ImportAnswer, ImportTask } from "./import-task.ts";

/** Threads at once. */
const BUSY_MAX = 2;
/** The worst text within the importer's limits takes a second of a processor. */
const TIME_MAX_MS = 20_000;

export interface ImporterOptions extends Omit<ImportTask, "text" | "file" | "home"> {
  /** default: beside the server */
  readonly workerFile?: string;
  readonly timeMaxMs?: number;
}

/** Makes playbooks of files in threads of their own: whatever stands in the file, the server goes on answering. */
export class RunbookImporter {
  readonly #options: ImporterOptions;
  #busy = 0;

  constructor(options: ImporterOptions) {
    this.#options = options;
  }

  /**
   * @throws FirebreakError as the importer does; too_many_requests when as many run as may; payload_too_large when it takes
   *   longer, or more memory, than there is for it
   */
  async import(given: Pick<ImportTask, "text" | "file" | "home">): Promise<PlaybookImport> {
    if (this.#busy >= BUSY_MAX) {
      const message = `${BUSY_MAX} imports run already. Wait for one to end.`;
      throw new FirebreakError("too_many_requests", message, { retryAfterSeconds: 2 });
    }
    this.#busy += 1;
    try {
      const answer = await this.#ask(given);
      if (answer.ok) return answer.imported;
      throw new FirebreakError(answer.code, answer.message);
    } finally {
      this.#busy -= 1;
    }
  }

  async #ask(given: Pick<ImportTask, "text" | "file" | "home">): Promise<ImportAnswer> {
    const { workerFile = programFile("import-worker"), timeMaxMs = TIME_MAX_MS, ...place } = this.#options;
    const { profile, profilesDir, config } = place;
    const { databaseUrl, publicUrl, sandbox } = config;
    const task: ImportTask = { ...given, profile, profilesDir, config: { databaseUrl, publicUrl, sandbox } };
    const signal = AbortSignal.timeout(timeMaxMs);
    let line: WorkerLine | undefined;
    try {
      line = startWorker(workerFile, task, signal);
      return answerOf(await line.ask());
    } catch (fault) {
      const why = signal.aborted ? `it took longer than ${timeMaxMs / 1000} s` : messageOf(fault);
      const message = `${given.file} could not be imported: ${why}. Import it in several files.`;
      throw new FirebreakError("payload_too_large", message, { cause: fault });
    } finally {
      await line?.end();
    }
  }
}

/** Guarantee: the worker of this same build answers with this type. */
function answerOf(said: unknown): ImportAnswer {
  return said as ImportAnswer;
}
