import { lookup } from "node:dns";
import { request as requestHttp } from "node:http";
import type { IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { z } from "zod";
import type { HttpHook, ReadSecret } from "../../../kernel/index.ts";
import { messageOf, signWebhook } from "../../../kernel/index.ts";
import type { EffectorOutcome, MissingNeed } from "../../effector.ts";
import type { HookCall, HookTransport } from "./hook-effector.ts";
import { isPrivateAddress } from "./private-address.ts";

const TRIES_MAX = 4;
const FIRST_PAUSE_MS = 200;
const ANSWER_BYTES_MAX = 64 * 1024;
/** Worth another try; everything else is an answer. */
const PASSING = [408, 425, 429, 500, 502, 503, 504];

/** A hook that is asked by POST. Redirects are refused, and so are addresses that the profile does not allow. */
export function httpTransport(hook: HttpHook, readSecret: ReadSecret): HookTransport {
  const urlOf = async () => hook.url ?? (hook.urlEnv === undefined ? undefined : await readSecret(hook.urlEnv));
  return {
    canVerify: hook.verify,
    canUndo: hook.undo,
    checkNeeds: async () => [...checkUrl(hook, await urlOf()), ...(await checkSecret(hook, readSecret))],
    describe: (parameters) =>
      `asks ${hook.url === undefined ? `the address in ${hook.urlEnv ?? ""}` : new URL(hook.url).host} to apply ${hook.name} ` +
      `with ${JSON.stringify(parameters)}`,
    call: async (call) => {
      const secret = hook.secretEnv === undefined ? undefined : await readSecret(hook.secretEnv);
      const url = new URL((await urlOf()) ?? "");
      return askUntilAnswered(hook, call, () => post(hook, call, url, secret));
    },
  };
}

function checkUrl({ urlEnv }: HttpHook, url: string | undefined): MissingNeed[] {
  const remedy = `put it into the environment, or into the file ${urlEnv ?? ""} in the home's secrets`;
  if (url === undefined) return [{ what: `the address ${urlEnv ?? ""} is not there`, remedy }];
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return [];
  return [{ what: `what ${urlEnv ?? ""} holds is no http or https address`, remedy }];
}

async function checkSecret({ secretEnv }: HttpHook, readSecret: ReadSecret): Promise<MissingNeed[]> {
  if (secretEnv === undefined || (await readSecret(secretEnv)) !== undefined) return [];
  const remedy = `put it into the environment, or into the file ${secretEnv} in the home's secrets`;
  return [{ what: `the signing secret ${secretEnv} is not there`, remedy }];
}

interface Answer {
  readonly outcome: EffectorOutcome;
  readonly isPassing: boolean;
}

/** One that must not be asked twice is asked once, whatever came of it. */
async function askUntilAnswered(hook: HttpHook, call: HookCall, ask: () => Promise<Answer>): Promise<EffectorOutcome> {
  const triesMax = hook.idempotent || call.verb === "verify" ? TRIES_MAX : 1;
  for (let tries = 1; ; tries++) {
    const { outcome, isPassing } = await ask();
    if (!isPassing || tries >= triesMax || call.ctx.signal.aborted) return outcome;
    await new Promise((resolve) => {
      setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (tries - 1));
    });
  }
}

async function post(hook: HttpHook, call: HookCall, url: URL, secret: string | undefined): Promise<Answer> {
  try {
    return await judge(hook, await send(hook, call, url, secret));
  } catch (fault) {
    const isRefused = fault instanceof AddressRefused;
    const message = `hook.${hook.name} at ${url.host} did not answer: ${messageOf(fault)}`;
    return { outcome: { ok: false, reason: isRefused ? "denied" : "unreachable", message }, isPassing: !isRefused };
  }
}

function send(hook: HttpHook, { body, key, ctx }: HookCall, url: URL, secret: string | undefined) {
  const { allowPrivateAddress, timeoutSeconds } = hook;
  const timestamp = String(Math.floor(ctx.clock.now() / 1000));
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!allowPrivateAddress && isIP(host) !== 0 && isPrivateAddress(host)) throw new AddressRefused(host);
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "Firebreak",
    "idempotency-key": key,
    "x-firebreak-timestamp": timestamp,
    ...(secret === undefined ? {} : { "x-firebreak-signature": signWebhook(secret, timestamp, body) }),
  };
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const guarded = allowPrivateAddress ? {} : { lookup: lookupPublic };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, { method: "POST", headers, agent: false, signal, ...guarded }, resolve);
    sent.once("error", (fault) => {
      reject(signal.aborted ? new Error(`not within ${timeoutSeconds} s`, { cause: fault }) : fault);
    });
    sent.end(body);
  });
}

class AddressRefused extends Error {
  override readonly name = "AddressRefused";

  constructor(address: string) {
    super(`${address} is a private address; allowPrivateAddress in the profile would allow it`);
  }
}

/** The name is looked up once, and what is connected to is what was checked. */
const lookupPublic: LookupFunction = (host, options, done) => {
  lookup(host, { ...options, all: true }, (fault, addresses) => {
    if (fault !== null) {
      done(fault, "");
      return;
    }
    const refused = addresses.find(({ address }) => isPrivateAddress(address));
    if (refused !== undefined) done(new AddressRefused(refused.address), "");
    else if (options.all === true) done(null, addresses);
    else done(null, addresses[0]?.address ?? "", addresses[0]?.family);
  });
};

const answerBody = z.object({
  message: z.string().max(1000).optional(),
  output: z.record(z.string(), z.unknown()).optional(),
});

async function judge({ name }: HttpHook, response: IncomingMessage): Promise<Answer> {
  const status = response.statusCode ?? 0;
  const { message, output = {} } = answerBody.safeParse(await readJson(response)).data ?? {};
  const said = message === undefined ? "" : `: ${message}`;
  if (status >= 200 && status < 300) {
    return { outcome: { ok: true, output, message: `hook.${name} answered ${status}${said}` }, isPassing: false };
  }
  const redirect = status >= 300 && status < 400 ? "; redirects are not followed" : "";
  const outcome = {
    ok: false,
    reason: "failed",
    message: `hook.${name} answered ${status}${redirect}${said}`,
  } as const;
  return { outcome, isPassing: PASSING.includes(status) };
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > ANSWER_BYTES_MAX) {
      response.destroy();
      return null;
    }
    parts.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    return null;
  }
}
