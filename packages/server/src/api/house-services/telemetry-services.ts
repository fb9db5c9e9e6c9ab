import { createSessionToken, refuseReporter, refuseSession, revokeSessionTokens } from "../../access/index.ts";
import type { Caller } from "../../access/index.ts";
import { contextFor, listCoverage } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import {
  beatSession,
  countOverTime,
  countValues,
  followEvents,
  getAgent,
  getSession,
  listAgents,
  listSessions,
  readOtlp,
  recordSessionState,
  registerSession,
  searchEvents,
} from "../../telemetry/index.ts";
import type { EventSender } from "../../telemetry/index.ts";
import type { ApiServices } from "../services.ts";

type TelemetryServices = Pick<
  ApiServices,
  | "acceptEvents"
  | "acceptOtlp"
  | "listEvents"
  | "followEvents"
  | "getEventHistogram"
  | "getEventFacets"
  | "listTails"
  | "listSyslogListeners"
  | "registerSession"
  | "listSessions"
  | "recordSessionState"
  | "beatSession"
  | "listCoverage"
  | "listAgents"
  | "getAgent"
>;

/** The map that reads OpenTelemetry; one of this name in the home replaces the shipped one. */
const OTLP_MAP = "otlp-genai";
const OTLP_MESSAGE_MAX = 1_000;

function senderOf(caller: Caller): EventSender {
  return {
    name: caller.actor.name,
    agentId: caller.agentId ?? undefined,
    sessionId: caller.sessionId ?? undefined,
  };
}

export function telemetryServices(house: House): TelemetryServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  const requireOwnSession = async (caller: Caller, id: string) => {
    const refusal = refuseSession(caller, await getSession(house, id));
    if (refusal !== null) throw new FirebreakError("forbidden", refusal);
  };
  return {
    acceptEvents: (caller, batch) => house.intake.acceptBody(batch, senderOf(caller)),
    acceptOtlp: async (caller, request) => {
      const map = house.fieldMaps.maps.get(OTLP_MAP);
      if (map === undefined) throw new Error(`the field map ${OTLP_MAP} does not load`);
      // an exporter names its service as it likes; an agent's token says who it is
      const { agentId, sessionId } = senderOf(caller);
      const batch = await readOtlp(request, map, { nowMs: house.clock.now(), agentId, sessionId });
      const { rejected, rejectedTotal } = await house.intake.accept(batch, senderOf(caller));
      const message = rejected.map((one) => `record ${one.line}: ${one.message}`).join("; ");
      return { rejected: rejectedTotal, message: message.slice(0, OTLP_MESSAGE_MAX) };
    },
    listTails: async () => {
      const { items, problems } = house.tails.view();
      return { items, problems: [...house.fieldMaps.problems, ...problems] };
    },
    listSyslogListeners: async () => house.syslog.view(),
    listEvents: (_caller, query) => searchEvents(house, query),
    followEvents: async (_caller, query) => {
      const follow = await followEvents(house, query);
      return { headers: {}, start: follow };
    },
    getEventHistogram: (_caller, query) => countOverTime(house, query),
    getEventFacets: (_caller, query) => countValues(house, query),
    registerSession: async (caller, request) => {
      const refusal = refuseReporter(caller, { id: request.agentId, session: request.sessionId });
      if (refusal !== null) throw new FirebreakError("forbidden", refusal);
      const session = await registerSession(as(caller), request);
      const token = await house.database.kysely
        .transaction()
        .execute((trx) => createSessionToken(trx, as(caller), { sessionId: session.id, agentId: session.agentId }));
      return { session, token };
    },
    listSessions: (_caller, query) => listSessions(house, query),
    recordSessionState: async (caller, { id, ...change }) => {
      await requireOwnSession(caller, id);
      const session = await recordSessionState(as(caller), { sessionId: id, ...change });
      if (session.state === "exited") {
        await house.database.kysely.transaction().execute((trx) => revokeSessionTokens(trx, as(caller), id));
      }
      return session;
    },
    beatSession: async (caller, { id }) => {
      await requireOwnSession(caller, id);
      return beatSession(as(caller), { sessionId: id });
    },
    listCoverage: (_caller, query) => listCoverage(house, query),
    listAgents: (_caller, query) => listAgents(house, query, house.killswitch.current().holds),
    getAgent: (_caller, { id }) => getAgent(house, id, house.killswitch.current().holds),
  };
}
