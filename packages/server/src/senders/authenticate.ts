import type { IncomingHttpHeaders } from "node:http";
import type { SourceKind } from "@firebreak/protocol";
import { createAttemptLimit } from "../access/index.ts";
import type { AttemptLimit } from "../access/index.ts";
import { FirebreakError } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import type { SenderContext } from "./context.ts";
import type { WireRequest } from "./endpoint.ts";
import { recordRefusal } from "./refusals.ts";
import { refuseSignature } from "./signature.ts";
import type { SignatureScheme } from "./signature.ts";
import type { Source } from "./source.ts";

/** The limit of wrong keys, apart from that of signing in. */
export function createSourceAttempts(clock: Clock): AttemptLimit {
  return createAttemptLimit(clock, {
    advise: (seconds) => `Too many messages with a wrong key came from this address. Wait ${seconds} seconds.`,
  });
}

/** A message that nobody can be found for: what it was about, for those who look for it. */
interface Unclaimed {
  readonly endpoint: string;
  readonly summary: string;
  readonly address: string;
}

/**
 * Finds the source that a key belongs to. A right key always works, whatever else was tried from its address: a sender
 * that is locked out loses alerts. Wrong ones are kept on the list of refusals, up to the limit of attempts.
 *
 * @throws FirebreakError `unauthenticated`, or `too_many_requests` after too many wrong keys
 */
export async function requireSource(
  ctx: SenderContext,
  key: string,
  kinds: readonly SourceKind[],
  unclaimed: Unclaimed,
): Promise<Source> {
  const source = key === "" ? null : await ctx.sources.findByKey(key);
  if (source !== null && kinds.includes(source.kind)) return source;
  ctx.sourceAttempts.take(null, unclaimed.address);
  const why =
    source === null
      ? `the key ${hintOf(key)} belongs to no source`
      : `the key belongs to ${source.name}, a source of the kind ${source.kind}`;
  await recordRefusal(ctx, {
    source: source?.name ?? null,
    endpoint: unclaimed.endpoint,
    reason: why,
    summary: unclaimed.summary,
  });
  ctx.logger.warn("a message was refused: its key is not right", { endpoint: unclaimed.endpoint });
  throw new FirebreakError("unauthenticated", "Send the key of a source: firebreak source add makes one.");
}

/** Enough to recognise a key that was mistyped, too little to use it. */
function hintOf(key: string): string {
  if (key === "") return "(none was sent)";
  return key.length < 16
    ? `of ${key.length} characters`
    : `${key.slice(0, 2)}…${key.slice(-4)} of ${key.length} characters`;
}

/** @returns the key as senders can be told to send it: bearer, basic (as the password), GenieKey, or in the address */
export function keyOf({ headers, query }: Pick<WireRequest, "headers" | "query">): string {
  return keyOfHeader(headers) ?? query.get("key") ?? query.get("access_token") ?? "";
}

function keyOfHeader({ authorization }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined) return undefined;
  const [, scheme = "", credentials = ""] = /^(\S+) +(\S+) *$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
    case "geniekey":
      return credentials;
    case "basic":
      return Buffer.from(credentials, "base64").toString("utf8").split(":").slice(1).join(":");
    default:
      return "";
  }
}

/**
 * The source that a message to `/hooks/NAME` comes from: proved by its signature where the source has one, else by its key; for a
 * while after that was changed also as before.
 *
 * @throws FirebreakError `unauthenticated`, `too_many_requests`; `internal` when the secret cannot be read
 */
export async function requireHook(ctx: SenderContext, request: WireRequest): Promise<Source> {
  const name = request.params["name"] ?? "";
  const named = await ctx.sources.findByName(name);
  const unclaimed = { endpoint: `POST /hooks/${name}`.slice(0, 200), summary: "", address: request.address };
  const proofs = named === null ? [null] : proofsOf(named, ctx.clock.now());
  const schemes = proofs.filter((proof) => proof !== null);
  const { isProved, fault, unset } = await trySchemes(ctx, schemes, request);
  if (named !== null && isProved) return named;
  const mayUseKey = schemes.length < proofs.length && (schemes.length === 0 || keyOf(request) !== "");
  if (named === null || mayUseKey) {
    const source = await requireSource(ctx, keyOf(request), named === null ? [] : [named.kind], unclaimed);
    if (source.name === named?.name) return source;
    throw new FirebreakError("unauthenticated", `This key is for /hooks/${source.name}.`);
  }
  // the sender is not to blame, and must send again once this is mended
  if (unset !== undefined) throw new FirebreakError("internal", `The secret ${unset} is not set.`);
  ctx.sourceAttempts.take(null, request.address);
  ctx.sources.count(named.name, "refused");
  await recordRefusal(ctx, { source: named.name, endpoint: unclaimed.endpoint, reason: fault, summary: "" });
  throw new FirebreakError("unauthenticated", `The message is not proved: ${fault}.`);
}

/** @returns what proves a message of the source now, its own first; null stands for the key */
function proofsOf({ signature, before }: Source, nowMs: number): (SignatureScheme | null)[] {
  return before === null || before.untilMs <= nowMs ? [signature] : [signature, before.signature];
}

interface Trial {
  readonly isProved: boolean;
  /** why the first scheme does not prove it */
  readonly fault: string;
  /** a secret that is not there, so that nobody can say */
  readonly unset: string | undefined;
}

async function trySchemes(
  ctx: SenderContext,
  schemes: readonly SignatureScheme[],
  request: WireRequest,
): Promise<Trial> {
  const faults: string[] = [];
  let unset: string | undefined;
  for (const scheme of schemes) {
    const secret = await ctx.readSecret(scheme.secret);
    if (secret === undefined) unset ??= scheme.secret;
    else {
      const fault = refuseSignature(scheme, secret, request, ctx.clock.now());
      if (fault === null) return { isProved: true, fault: "", unset };
      faults.push(fault);
    }
  }
  return { isProved: false, fault: faults[0] ?? "", unset };
}
