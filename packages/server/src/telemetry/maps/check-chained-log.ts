import { checkLink } from "./hash-chain.ts";

/** `unverifiable`: what is there does not tell; `unreadable`: no line of such a log at all. */
type LineVerdict = "intact" | "broken" | "unverifiable" | "unreadable" | "unchained";

interface ChainFinding {
  /** 1 for the first */
  readonly line: number;
  readonly verdict: LineVerdict;
  readonly reason: string;
}

export interface ChainedLogVerdict {
  /** how many lines of each verdict; `unchained` has no hash where none was before it */
  readonly lines: Readonly<Record<LineVerdict, number>>;
  /** the first thousand that are not intact */
  readonly findings: readonly ChainFinding[];
  /** hash of the last line: what was cut off behind it only its writer's copy of this tells */
  readonly head: string | null;
}

const LINE_BYTES_MAX = 1024 * 1024;
const FINDINGS_MAX = 1_000;
const LINE_FEED = 10;

/** Checks a log of others whose lines are chained by hashes, each line with the algorithm of its format (see hash-chain.ts). */
export async function checkChainedLog(chunks: AsyncIterable<Uint8Array>): Promise<ChainedLogVerdict> {
  const lines = { intact: 0, broken: 0, unverifiable: 0, unreadable: 0, unchained: 0 };
  const findings: ChainFinding[] = [];
  let before: string | undefined;
  let number = 0;
  for await (const bytes of splitLines(chunks)) {
    number += 1;
    const { verdict, reason, hash } = judge(bytes, before);
    before = hash;
    lines[verdict] += 1;
    if (reason !== undefined && findings.length < FINDINGS_MAX) findings.push({ line: number, verdict, reason });
  }
  return { lines, findings, head: before ?? null };
}

interface Judged {
  readonly verdict: LineVerdict;
  readonly reason?: string | undefined;
  readonly hash: string | undefined;
}

function judge(bytes: Buffer | undefined, before: string | undefined): Judged {
  if (bytes === undefined) {
    return { verdict: "unreadable", reason: `the line is longer than ${LINE_BYTES_MAX} bytes`, hash: before };
  }
  const text = bytes.toString("utf8");
  const record = parse(text);
  if (record === undefined) return { verdict: "unreadable", reason: "the line is no JSON object", hash: before };
  const link = checkLink({ record, text }, before);
  if (link === undefined) return { verdict: "unchained", hash: undefined };
  return { verdict: link.verdict, reason: link.reason, hash: link.hash };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object that JSON.parse made has members by name
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns every line that is not empty; undefined for one that is too long, of which no more is held than the limit */
async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer | undefined> {
  let held = Buffer.alloc(0);
  let isTooLong = false;
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk);
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      const line = Buffer.concat([held, rest.subarray(0, end)]);
      rest = rest.subarray(end + 1);
      held = Buffer.alloc(0);
      if (isTooLong || line.length > LINE_BYTES_MAX) yield undefined;
      else if (line.length > 0) yield line;
      isTooLong = false;
    }
    if (isTooLong) continue;
    held = Buffer.concat([held, rest]);
    if (held.length <= LINE_BYTES_MAX) continue;
    isTooLong = true;
    held = Buffer.alloc(0);
  }
  if (isTooLong) yield undefined;
  else if (held.length > 0) yield held;
}
