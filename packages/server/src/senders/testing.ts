import type { Actor } from "@firebreak/protocol";
import { decodeJson } from "../api/json-body.ts";
import { createManualClock, createNewId, profileSchema, silentLogger } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { NewSourceRequest } from "./source.ts";
import {
  createSource,
  createSourceAttempts,
  createSourceDirectory,
  ENDPOINTS,
  type SenderContext,
  type SourceContext,
  type WireAnswer,
  type WireRequest,
} from "./index.ts";
import { FirebreakError } from "../kernel/index.ts";

const START_MS = Date.parse("2026-03-01T12:00:00Z");
const SEVERITIES = {
  1: { label: "SEV-1", respondMinutes: 5 },
  2: { label: "SEV-2", respondMinutes: 15 },
  3: { label: "SEV-3", respondMinutes: 60 },
  4: { label: "SEV-4", respondMinutes: 240 },
};
const ADA: Actor = { kind: "person", id: "usr_ada", name: "ada" };

/** The room on a database of its own and a clock that tests move. */
export async function createSenderBench(overrides: Partial<SenderContext> = {}) {
  const { database, close } = await createTestDatabase();
  const clock = createManualClock(START_MS);
  const surroundings = { database, clock, newId: createNewId(() => clock.now()), logger: silentLogger };
  const ctx: SenderContext & SourceContext = {
    ...surroundings,
    sources: createSourceDirectory({ database, clock }),
    sourceAttempts: createSourceAttempts(clock),
    readSecret: async () => undefined,
    profile: {
      ...profileSchema.pick({ containment: true, playbooks: true }).parse({}),
      detectors: [],
      severities: SEVERITIES,
    },
    authenticate: async () => null,
    redactSignal: (signal) => signal,
    version: "test",
    startedAtMs: START_MS,
    actor: ADA,
    ...overrides,
  };
  return {
    ctx,
    clock,
    database,
    close,
    /** @returns the key of a new source */
    addSource: async (request: NewSourceRequest) => (await createSource(ctx, request, "https://firebreak.test")).key,
    /** Calls an endpoint as a sender would; refusals are worded by the endpoint. */
    send: (operationId: string, request: Partial<WireRequest> & { readonly content?: unknown }) => {
      clock.advance(1); // ids sort by their time
      return sendTo(ctx, operationId, request);
    },
    /** @returns alerts in the order of their opening */
    alerts: async () => database.kysely.selectFrom("alerts").selectAll().orderBy("id").execute(),
  };
}

async function sendTo(
  ctx: SenderContext,
  operationId: string,
  request: Partial<WireRequest> & { readonly content?: unknown },
): Promise<WireAnswer> {
  const endpoint = ENDPOINTS.find((one) => one.operationId === operationId);
  if (endpoint === undefined) throw new Error(`there is no endpoint ${operationId}`);
  const { content, ...rest } = request;
  const body = rest.body ?? Buffer.from(content === undefined ? "" : JSON.stringify(content));
  const json = () => decodeJson(body);
  const whole = { headers: {}, params: {}, query: new URLSearchParams(), address: "192.0.2.1", ...rest, body, json };
  try {
    return await endpoint.answer(ctx, whole);
  } catch (fault) {
    if (fault instanceof FirebreakError) return endpoint.refuse(fault);
    throw fault;
  }
}
