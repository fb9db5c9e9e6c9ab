import { connect } from "node:net";
import { once } from "node:events";
import type { ReadSecret, ServiceCheck } from "../../../kernel/index.ts";
import { messageOf } from "../../../kernel/index.ts";
import type { EffectorContext, EffectorOutcome } from "../../effector.ts";
import { asWritten, checkPostgres, checkRedis, wordsOf } from "../databases/index.ts";

export interface CheckAnswer {
  readonly isWell: boolean;
  readonly reason: string;
}

const ASK_MS = 5_000;
const BODY_BYTES_MAX = 64 * 1024;

export interface CheckSurroundings {
  readonly readSecret: ReadSecret;
  readonly fetchFrom: typeof globalThis.fetch;
}

/** Asks a service what the profile says that it answers when it is well. */
export async function askCheck(
  ctx: EffectorContext,
  check: ServiceCheck,
  { readSecret, fetchFrom }: CheckSurroundings,
): Promise<CheckAnswer> {
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(ASK_MS)]);
  switch (check.kind) {
    case "http":
      return askHttp(check, fetchFrom, signal);
    case "tcp":
      return askTcp(check, signal);
    case "redis": {
      const { kind: _kind, passwordEnv, ...place } = check;
      return judge(
        await checkRedis(asWritten).apply(ctx, { ...place, ...(await passwordOf(passwordEnv, readSecret)) }),
      );
    }
    case "postgres": {
      const { kind: _kind, passwordEnv, ...place } = check;
      return judge(
        await checkPostgres(asWritten).apply(ctx, { ...place, ...(await passwordOf(passwordEnv, readSecret)) }),
      );
    }
    default:
      return check satisfies never;
  }
}

async function passwordOf(name: string | undefined, readSecret: ReadSecret): Promise<{ password?: string }> {
  const password = name === undefined ? undefined : await readSecret(name);
  return password === undefined ? {} : { password };
}

function judge(outcome: EffectorOutcome): CheckAnswer {
  return { isWell: outcome.ok && outcome.output["up"] === true, reason: outcome.message };
}

async function askTcp({ host, port }: { host: string; port: number }, signal: AbortSignal): Promise<CheckAnswer> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal });
    return { isWell: true, reason: `${host}:${port} takes connections` };
  } catch (fault) {
    return { isWell: false, reason: `${host}:${port}: ${signal.aborted ? "no answer in time" : wordsOf(fault)}` };
  } finally {
    socket.destroy();
  }
}

type HttpCheck = Extract<ServiceCheck, { kind: "http" }>;

async function askHttp(
  { url, status, contains }: HttpCheck,
  fetchFrom: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<CheckAnswer> {
  try {
    const answer = await fetchFrom(url, { redirect: "manual", signal });
    const isExpected = status === undefined ? answer.status < 400 : answer.status === status;
    const text = contains === undefined ? "" : await readStart(answer);
    await answer.body?.cancel().catch(() => undefined);
    const holds = contains === undefined || text.includes(contains);
    const lacks = holds ? "" : `, without the text ${JSON.stringify(contains)}`;
    return { isWell: isExpected && holds, reason: `${url} answered ${answer.status}${lacks}` };
  } catch (fault) {
    const cause = fault instanceof Error && fault.cause !== undefined ? fault.cause : fault;
    return { isWell: false, reason: `${url}: ${signal.aborted ? "no answer in time" : messageOf(cause)}` };
  }
}

async function readStart({ body }: Response): Promise<string> {
  if (body === null) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = body.getReader();
  for (let piece = await reader.read(); !piece.done && bytes < BODY_BYTES_MAX; piece = await reader.read()) {
    parts.push(piece.value);
    bytes += piece.value.length;
  }
  reader.releaseLock();
  return Buffer.concat(parts).toString("utf8");
}
