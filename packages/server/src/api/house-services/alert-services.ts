import { roleAllows } from "@firebreak/protocol";
import type { Matcher } from "@firebreak/protocol";
import type { Caller } from "../../access/index.ts";
import {
  acknowledgeAlert,
  createSilence,
  expireSilence,
  getAlert,
  getSilence,
  listAlerts,
  listSilences,
  previewSilence,
  resolveAlert,
} from "../../alerts/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { FirebreakError, parseMatchers } from "../../kernel/index.ts";
import type { ApiServices } from "../services.ts";

type AlertServices = Pick<
  ApiServices,
  | "listAlerts"
  | "getAlert"
  | "acknowledgeAlert"
  | "resolveAlert"
  | "listSilences"
  | "getSilence"
  | "previewSilence"
  | "createSilence"
  | "expireSilence"
>;

function readMatchers(text: string): Matcher[] {
  const parsed = parseMatchers(text);
  if (parsed.ok) return parsed.value;
  const errors = [{ where: "/match", message: parsed.problem }];
  throw new FirebreakError("invalid_body", `The conditions cannot be read: ${parsed.problem}.`, { errors });
}

/** Who quiets automatic containment lets an agent run on: that is a decision of who commands. */
function requireCommander(caller: Caller): void {
  if (caller.access !== "agent" && roleAllows(caller.access, "commander")) return;
  throw new FirebreakError(
    "forbidden",
    "Muting automatic containment needs the role commander. Leave it out: the silence then mutes everything else.",
  );
}

export function alertServices(house: House): AlertServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  return {
    listAlerts: (_caller, { match, ...filters }) =>
      listAlerts(house, { ...filters, matchers: match === undefined ? [] : readMatchers(match) }),
    getAlert: (_caller, { id }) => getAlert(house, id),
    acknowledgeAlert: (caller, request) => acknowledgeAlert(as(caller), request),
    resolveAlert: (caller, request) => resolveAlert(as(caller), request),
    listSilences: (_caller, query) => listSilences(house, query),
    getSilence: (_caller, { id }) => getSilence(house, id),
    previewSilence: (_caller, { match }) => previewSilence(house, { matchers: readMatchers(match) }),
    createSilence: async (caller, { match, ...silence }) => {
      if (silence.mutesContainment) requireCommander(caller);
      return createSilence(as(caller), { ...silence, matchers: readMatchers(match) });
    },
    expireSilence: (caller, request) => expireSilence(as(caller), request),
  };
}
