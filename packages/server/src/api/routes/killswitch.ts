import {
  killswitchView,
  packsStatus,
  resumeReceipt,
  resumeRequest,
  roleAllows,
  stopPreview,
  stopReceipt,
  stopRequest,
  switchRequest,
  switchView,
} from "@firebreak/protocol";
import type { StopRequest } from "@firebreak/protocol";
import { FirebreakError } from "../../kernel/index.ts";
import type { Caller } from "../../access/index.ts";
import { holdParams, packParams, previewRequest } from "../requests.ts";
import { defineRoute } from "../route.ts";

const tag = "Kill switch";

/** A global stop touches everybody: it takes a commander. */
function checkGlobalStop(caller: Caller, request: StopRequest): void {
  if (request.scope !== "global") return;
  if (caller.access !== "agent" && roleAllows(caller.access, "commander")) return;
  throw new FirebreakError(
    "forbidden",
    "A global stop needs the role commander. Stop a pack, an agent or a session instead, or ask a commander.",
  );
}

export const killswitchRoutes = [
  defineRoute({
    method: "GET",
    path: "/api/v1/killswitch",
    operationId: "getKillswitch",
    summary: "What is stopped now, and what was",
    tag,
    access: "viewer",
    response: killswitchView,
    handler: ({ services, caller }) => services.getKillswitch(caller),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/killswitch/preview",
    operationId: "previewStop",
    summary: "What a stop would touch; changes nothing",
    tag,
    access: "viewer",
    body: previewRequest,
    response: stopPreview,
    handler: ({ services, caller }, { body }) => services.previewStop(caller, body),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/killswitch/stop",
    operationId: "stop",
    summary: "Stop agents and prove it; a global stop needs a commander",
    tag,
    access: "responder",
    body: stopRequest,
    response: stopReceipt,
    handler: ({ services, caller }, { body }) => {
      checkGlobalStop(caller, body);
      return services.stop(caller, body);
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/killswitch/holds/:id/resume",
    operationId: "resumeHold",
    summary: "Lift a hold, with the reason",
    tag,
    access: "commander",
    params: holdParams,
    body: resumeRequest,
    response: resumeReceipt,
    handler: ({ services, caller }, { params, body }) => services.resumeHold(caller, { ...params, ...body }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/killswitch/global",
    operationId: "switchEverything",
    summary: "The AgentOS runbook's global switch; both ways need a commander",
    tag,
    access: "commander",
    body: switchRequest,
    response: switchView,
    handler: ({ services, caller }, { body }) => services.switchAgents(caller, { ...body, pack: null }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/killswitch/pack/:pack",
    operationId: "switchPack",
    summary: "The AgentOS runbook's switch of one pack; switching on again needs a commander",
    tag,
    access: "responder",
    params: packParams,
    body: switchRequest,
    response: switchView,
    handler: ({ services, caller }, { params, body }) => services.switchAgents(caller, { ...params, ...body }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/packs/status",
    operationId: "getPacksStatus",
    summary: "Which packs may run, and which are stopped",
    tag,
    access: "viewer",
    response: packsStatus,
    handler: ({ services, caller }) => services.getPacksStatus(caller),
  }),
];
