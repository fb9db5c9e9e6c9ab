import { roleAllows } from "@firebreak/protocol";
import type { Caller } from "../../access/index.ts";
import { applyAction, getAction, listActions, listEffectors, previewAction, undoAction } from "../../actions/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import type { ApiServices } from "../services.ts";

type ActionServices = Pick<
  ApiServices,
  "listEffectors" | "previewAction" | "applyAction" | "listActions" | "getAction" | "undoAction"
>;

/** Stopping agents and letting them run again have doors of their own, with their own rules: these do not open here. */
const OTHER_DOORS: Readonly<Record<string, string>> = {
  "agent.deny": "firebreak stop",
  "agent.freeze": "firebreak stop",
  "agent.kill": "firebreak stop",
  "agent.resume": "firebreak resume",
  "stop.place": "firebreak stop",
  "stop.kill": "firebreak stop",
};

export function actionServices(house: House): ActionServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  const offered = new Map([...house.effectors].filter(([name]) => OTHER_DOORS[name] === undefined));
  return {
    listEffectors: async () => ({ items: await listEffectors({ effectors: offered }), next: null }),
    previewAction: (caller, { name, parameters }) => {
      refuseOtherDoor(name);
      return previewAction(as(caller), { effector: name, parameters });
    },
    applyAction: async (caller, request) => {
      refuseOtherDoor(request.effector);
      requireRole(house, caller, request.effector);
      return applyAction(as(caller), request);
    },
    listActions: (_caller, { incident, ...filters }) => listActions(house, { ...filters, incidentId: incident }),
    getAction: (_caller, { id }) => getAction(house, id),
    undoAction: (caller, request) => undoAction(as(caller), request),
  };
}

function refuseOtherDoor(name: string): void {
  const door = OTHER_DOORS[name];
  if (door !== undefined) throw new FirebreakError("forbidden", `${name} is not done by actions. Use ${door}.`);
}

/** What destroys evidence is for who commands; the route has asked for a responder already. */
function requireRole({ effectors }: House, { access }: Caller, name: string): void {
  const destroys = effectors.get(name)?.destroysEvidence ?? false;
  if (!destroys || (access !== "agent" && roleAllows(access, "commander"))) return;
  throw new FirebreakError("forbidden", `${name} destroys evidence and needs the role commander. Ask a commander.`);
}
