import type { CutOff, SealState, VerifyRequest } from "../../evidence/index.ts";
import { FirebreakError, messageOf, programFile, startWorker } from "../../kernel/index.ts";
import type { WorkerLine } from "../../kernel/index.ts";
import type {
  Answer,
  Ending,
  EvidenceTask,
  Question,
  QuestionAnswers,
  TaskResults,
  Verified,
} from "./worker/messages.ts";

/** Hashing, packing and sealing are done in threads beside the server's, so that it goes on answering. */
export interface ThreadOptions {
  /** default: beside the server */
  readonly evidenceWorkerFile?: string | undefined;
}

/** @throws FirebreakError as what was asked for throws it; Error when the thread ended without a word */
export async function verifyInThread(
  file: string,
  request: VerifyRequest,
  { evidenceWorkerFile, signal = NEVER }: ThreadOptions & { readonly signal?: AbortSignal } = {},
): Promise<Verified> {
  return runInThread({ kind: "verify", file, request }, { evidenceWorkerFile, signal });
}

export async function sealInThread(
  directory: string,
  immutable: boolean,
  options: ThreadOptions = {},
): Promise<SealState> {
  return runInThread({ kind: "seal", directory, immutable }, { ...options, signal: NEVER });
}

/** Seals what collections had whose process was killed; see `settleInterrupted`. */
export async function settleInThread(
  { home, tried }: { readonly home: string; readonly tried: ReadonlySet<string> },
  options: ThreadOptions = {},
): Promise<readonly CutOff[]> {
  return runInThread({ kind: "settle", home, tried }, { ...options, signal: NEVER });
}

/** Gives the archive as `exportArchive` does. What is wrong with it is thrown before its first piece. */
export async function exportInThread(
  directory: string,
  { evidenceWorkerFile }: ThreadOptions = {},
): Promise<AsyncGenerator<Buffer>> {
  const line = open({ kind: "export", directory }, { evidenceWorkerFile, signal: NEVER });
  try {
    return piecesOf(line, await next(line));
  } catch (fault) {
    await line.end();
    throw fault;
  }
}

async function* piecesOf(line: WorkerLine, first: Question | Done): AsyncGenerator<Buffer> {
  try {
    for (let said = first; said.kind === "piece"; said = await next(line, plainAnswer(null))) {
      const { buffer, byteOffset, byteLength } = said.bytes;
      yield Buffer.from(buffer, byteOffset, byteLength);
    }
  } finally {
    await line.end();
  }
}

/** A manifest of 100,000 items takes a quarter of it. */
const MEMORY_MB = 2048;

const NEVER = new AbortController().signal;

type Task<K extends EvidenceTask["kind"]> = EvidenceTask & { readonly kind: K };
type Done = Ending & { readonly kind: "done" };

/** How a question of the thread is answered. */
export type AnswerQuestion = (question: Question) => Promise<QuestionAnswers[Question["kind"]]>;

/**
 * Does a task in a thread of its own and answers what it asks.
 *
 * @param options.signal ends the thread, whatever it does
 * @param options.wanted aborted: the thread is told so, and ends its work in order
 */
export async function runInThread<K extends EvidenceTask["kind"]>(
  task: Task<K>,
  options: ThreadOptions & {
    readonly signal: AbortSignal;
    readonly wanted?: AbortSignal;
    readonly answer?: AnswerQuestion;
  },
): Promise<TaskResults[K]> {
  const { answer = noQuestions, signal, wanted = NEVER } = options;
  const file = fileOf(options);
  const kept = takeResting(file);
  const line = kept ?? open(task, options);
  let isWell = false;
  try {
    let said = await next(line, kept === undefined ? undefined : task, signal);
    while (said.kind !== "done") {
      const { value, problem } = await answered(answer, said);
      said = await next(line, { value, problem, isAborted: wanted.aborted }, signal);
    }
    isWell = true;
    return resultOf(task.kind, said);
  } finally {
    await (isWell ? keep(file, line) : line.end());
  }
}

/** A thread takes a third of a second to start, and agents are often stopped one after the other: one that is done waits for more. */
const RESTS_MS = 60_000;
let resting: { readonly file: string; readonly line: WorkerLine; readonly timer: NodeJS.Timeout } | undefined;

function takeResting(file: string): WorkerLine | undefined {
  if (resting?.file !== file) return undefined;
  const { line, timer } = resting;
  resting = undefined;
  clearTimeout(timer);
  if (!line.isAlive()) return undefined;
  line.rest(false);
  return line;
}

async function keep(file: string, line: WorkerLine): Promise<void> {
  if (resting !== undefined) return line.end();
  line.rest(true);
  const timer = setTimeout(() => void takeResting(file)?.end(), RESTS_MS).unref();
  resting = { file, line, timer };
}

const fileOf = ({ evidenceWorkerFile = programFile("evidence-worker") }: ThreadOptions): string => evidenceWorkerFile;

function open(task: EvidenceTask, options: ThreadOptions & { readonly signal: AbortSignal }): WorkerLine {
  return startWorker(fileOf(options), task, options.signal, MEMORY_MB);
}

/** Guarantee: the worker of this same build says nothing else. */
async function next(line: WorkerLine, said?: Answer | EvidenceTask, until?: AbortSignal): Promise<Question | Done> {
  const answer = (await line.ask(said, until)) as Question | Ending;
  if (answer.kind !== "fault") return answer;
  throw answer.code === null ? new Error(answer.message) : new FirebreakError(answer.code, answer.message);
}

async function answered(answer: AnswerQuestion, question: Question): Promise<Pick<Answer, "value" | "problem">> {
  try {
    return { value: await answer(question), problem: null };
  } catch (fault) {
    return { value: null, problem: messageOf(fault) };
  }
}

const plainAnswer = (value: unknown): Answer => ({ value, problem: null, isAborted: false });

const noQuestions: AnswerQuestion = async ({ kind }) => {
  throw new TypeError(`nobody answers ${kind}`);
};

/** Guarantee: the worker of this same build ends a task of this kind with this type. */
function resultOf<K extends EvidenceTask["kind"]>(_kind: K, { result }: Done): TaskResults[K] {
  return result as TaskResults[K];
}
