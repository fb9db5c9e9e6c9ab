import type { Actor } from "@firebreak/protocol";
import { randomUUID } from "node:crypto";
import { receiveSignals } from "../alerts/index.ts";
import type { Signal, SignalOutcome } from "../alerts/index.ts";
import { messageOf } from "../kernel/index.ts";
import type { SenderContext } from "./context.ts";
import type { WireRequest } from "./endpoint.ts";
import type { ReaderContext } from "./reading.ts";
import { recordRefusal } from "./refusals.ts";
import type { Source } from "./source.ts";

/** Who acts when a source says something. */
export function actorOf(source: Source): Actor {
  return { kind: "token", id: `source:${source.name}`, name: source.name };
}

/** What the readers need to know to read for a source. */
export function readerContextOf(ctx: Pick<SenderContext, "clock">, source: Source): ReaderContext {
  return {
    source: source.name,
    kind: source.kind,
    strict: source.strict,
    severities: source.severities,
    staleAfterMs: source.staleAfterMs,
    nowMs: ctx.clock.now(),
    newKey: () => randomUUID().replaceAll("-", ""),
  };
}

/** Takes in what was read; when it returns, it is committed, and the sender may be told so. */
export async function acceptSignals(
  ctx: SenderContext,
  source: Source,
  signals: readonly Signal[],
): Promise<readonly SignalOutcome[]> {
  const outcomes = await receiveSignals({ ...ctx, actor: actorOf(source) }, signals);
  ctx.sources.count(source.name, "accepted");
  return outcomes;
}

/**
 * Reads a body as JSON; one that is none is kept on the list of refusals.
 *
 * @throws FirebreakError `bad_request`
 */
export async function readJson(
  ctx: SenderContext,
  source: Source,
  endpoint: string,
  request: Pick<WireRequest, "json">,
): Promise<unknown> {
  try {
    return request.json();
  } catch (fault) {
    await keepRefused(ctx, source, { endpoint, errors: [messageOf(fault)], summary: "" });
    throw fault;
  }
}

/** Keeps a message that the vendor's format does not allow, before the sender is told. */
export async function keepRefused(
  ctx: SenderContext,
  source: Source,
  message: { readonly endpoint: string; readonly errors: readonly string[]; readonly summary: string },
): Promise<void> {
  ctx.sources.count(source.name, "refused");
  const { endpoint, summary } = message;
  await recordRefusal(ctx, { source: source.name, endpoint, reason: message.errors.join("; "), summary });
}
