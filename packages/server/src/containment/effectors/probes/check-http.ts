import { request as requestHttp } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { z } from "zod";
import type { Effector, EffectorContext, EffectorOutcome } from "../../effector.ts";
import { defineProbe } from "./define-probe.ts";
import { AddressRefused, bareHost, connectProblem, lookupWith, requireReachable } from "./reachable-address.ts";
import type { Reach } from "./reachable-address.ts";

const BODY_BYTES_MAX = 1024 * 1024;

const httpQuestion = z.strictObject({
  url: z.string().max(2048).refine(isPlainHttp, "use an http or https address without a user name or password in it"),
  method: z.enum(["GET", "HEAD"]).default("GET"),
  /** plain text that the first MiB of the answer must hold for `contains` to be true */
  contains: z.string().min(1).max(1000).optional(),
  timeoutMs: z.number().int().min(50).max(60_000).default(5000),
});
type HttpQuestion = z.output<typeof httpQuestion>;

/** A redirect is an answer, not followed. Everything that is no answer is `up: false` and says why. */
export interface HttpAnswer {
  /** it answered, and not with a server's error (5xx) */
  readonly up: boolean;
  /** 0: it did not answer */
  readonly status: number;
  readonly millis: number;
  /** false also when nothing was looked for */
  readonly contains: boolean;
  readonly problem: string;
}

export function checkHttp(reach: Reach): Effector {
  return defineProbe({
    name: "check.http",
    title: "Ask whether an HTTP service answers",
    parameters: httpQuestion,
    describe: ({ method, url }) => `asks ${method} ${withoutQuery(url)}`,
    ask: (ctx, question) => askHttp(ctx, question, reach),
  });
}

async function askHttp(
  { clock, signal }: Pick<EffectorContext, "clock" | "signal">,
  question: HttpQuestion,
  reach: Reach,
): Promise<EffectorOutcome> {
  const startedMs = clock.monotonicMs();
  const place = withoutQuery(question.url);
  const outcome = (found: Omit<HttpAnswer, "millis">, said: string): EffectorOutcome => {
    const answer: HttpAnswer = { ...found, millis: Math.round(clock.monotonicMs() - startedMs) };
    return { ok: true, output: { ...answer }, message: `${place} ${said} (${answer.millis} ms)` };
  };
  try {
    const { status, contains } = await fetchAnswer(question, reach, signal);
    const up = status < 500;
    return outcome({ up, status, contains, problem: up ? "" : `answered ${status}` }, `answered ${status}`);
  } catch (fault) {
    if (fault instanceof AddressRefused) return { ok: false, reason: "denied", message: fault.message };
    if (signal.aborted) return { ok: false, reason: "timed_out", message: `${place} was not asked to the end` };
    const problem = connectProblem(fault);
    return outcome({ up: false, status: 0, contains: false, problem }, `is not up: ${problem}`);
  }
}

async function fetchAnswer(
  { url: text, method, contains, timeoutMs }: HttpQuestion,
  reach: Reach,
  outer: AbortSignal,
): Promise<{ status: number; contains: boolean }> {
  const url = new URL(text);
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  requireReachable(reach, bareHost(url.hostname), port);
  const signal = AbortSignal.any([outer, AbortSignal.timeout(timeoutMs)]);
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const headers = { "user-agent": "Firebreak", "accept-encoding": "identity" };
  const options = { method, headers, agent: false, signal, lookup: lookupWith(reach, port) } as const;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      send(url, options, resolve).once("error", reject).end();
    });
    const isFound = contains !== undefined && (await holds(response, Buffer.from(contains)));
    response.destroy();
    return { status: response.statusCode ?? 0, contains: isFound };
  } catch (fault) {
    throw signal.aborted ? new Error(`no answer within ${timeoutMs} ms`, { cause: fault }) : fault;
  }
}

/** Looks through the first MiB, with no more of it in memory than a part and the sought text's length. */
async function holds(response: IncomingMessage, sought: Buffer): Promise<boolean> {
  let rest = Buffer.alloc(0);
  let seen = 0;
  for await (const part of response) {
    const bytes = Buffer.from(part);
    const text = Buffer.concat([rest, bytes.subarray(0, BODY_BYTES_MAX - seen)]);
    if (text.includes(sought)) return true;
    seen += bytes.length;
    if (seen >= BODY_BYTES_MAX) return false;
    rest = Buffer.from(text.subarray(Math.max(0, text.length - sought.length + 1)));
  }
  return false;
}

function isPlainHttp(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hostname } = new URL(text);
  return /^https?:$/.test(protocol) && username === "" && password === "" && hostname !== "";
}

/** What stands behind the question mark may be a secret, and is not repeated. */
function withoutQuery(text: string): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}
