import { parseNote, readCosignatures } from "@firebreak/verifier";
import type { WitnessKey } from "@firebreak/verifier";
import { messageOf } from "../../kernel/index.ts";
import { sendRequest } from "../send-request.ts";

/** What a witness is asked about: a checkpoint, and the proof that it goes on from the one that the witness saw last. */
export interface WitnessQuestion {
  readonly url: string;
  readonly key: WitnessKey;
  /** entries of the last checkpoint that it cosigned, as far as is known here */
  readonly oldSize: number;
  readonly size: number;
  readonly note: string;
  readonly prove: (from: number) => Promise<readonly Buffer[]>;
}

/**
 * `contradicts`: it saw another log under this name, or more entries than there are: the history was changed, here or there.
 */
export type WitnessAnswer =
  | { readonly kind: "cosigned"; readonly line: string; readonly time: number }
  | { readonly kind: "contradicts"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

const ASK_TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024;
const REFUSALS: Readonly<Record<number, string>> = {
  403: "it does not know the key of this log",
  404: "it does not know this log",
};

/** Asks for a cosignature (C2SP tlog-witness, `add-checkpoint`), once more when the witness names another size. */
export async function askWitness(question: WitnessQuestion): Promise<WitnessAnswer> {
  try {
    const first = await post(question, question.oldSize);
    if (first.status !== 409) return await judge(question, first, question.oldSize);
    const seen = /^(0|[1-9]\d{0,15})\n$/.exec(first.text)?.[1];
    const from = Number(seen);
    if (seen === undefined) return { kind: "failed", message: "it answered 409 without the size that it saw" };
    if (from === question.oldSize) return contradiction("it saw another tree of the same size");
    if (from > question.size) return contradiction(`it saw ${from} entries, and there are only ${question.size}`);
    return await judge(question, await post(question, from), from);
  } catch (fault) {
    return { kind: "failed", message: messageOf(fault).slice(0, 300) };
  }
}

const contradiction = (message: string): WitnessAnswer => ({ kind: "contradicts", message });

async function post({ url, note, prove }: WitnessQuestion, from: number): ReturnType<typeof sendRequest> {
  const proof = from === 0 ? [] : await prove(from);
  const lines = [`old ${from}`, ...proof.map((hash) => hash.toString("base64"))];
  const body = `${lines.map((line) => `${line}\n`).join("")}\n${note}`;
  return sendRequest({
    method: "POST",
    url: `${url.replace(/\/$/, "")}/add-checkpoint`,
    headers: { "content-type": "text/plain; charset=utf-8" },
    body,
    timeoutMs: ASK_TIMEOUT_MS,
    bytesMax: ANSWER_BYTES_MAX,
  });
}

async function judge(
  { key, note }: WitnessQuestion,
  { status, text }: Awaited<ReturnType<typeof sendRequest>>,
  from: number,
): Promise<WitnessAnswer> {
  if (status === 422)
    return contradiction(`it does not find that the log goes on from the ${from} entries that it saw`);
  if (status === 409) return contradiction("it names another size each time, or saw another tree");
  if (status !== 200) return { kind: "failed", message: REFUSALS[status] ?? `it answered ${status}` };
  for (const line of text.split("\n")) {
    const found = findCosignature(note, line, key);
    if (found !== undefined) return { kind: "cosigned", ...found };
  }
  return { kind: "failed", message: "its answer holds no valid cosignature of its key" };
}

/** @returns the line with its time when it is a valid cosignature of the note by this witness */
export function findCosignature(
  note: string,
  line: string,
  key: WitnessKey,
): { readonly line: string; readonly time: number } | undefined {
  const signed = parseNote(note);
  const alone = signed === undefined ? undefined : parseNote(`${signed.text}\n${line}\n`);
  const [cosignature] = alone === undefined ? [] : readCosignatures(alone, [key]);
  return cosignature === undefined ? undefined : { line: `${line}\n`, time: cosignature.time };
}
