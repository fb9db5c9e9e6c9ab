import type { Caller } from "../../access/index.ts";
import { markFalsePositive, unmarkFalsePositive } from "../../alerts/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import {
  cancelReplay,
  getReplay,
  getRule,
  listReplays,
  listRules,
  requestReplay,
  runCasesOf,
  tryRules,
} from "../../workshop/index.ts";
import type { ApiServices } from "../services.ts";

type WorkshopServices = Pick<
  ApiServices,
  | "listRules"
  | "getRule"
  | "runRuleCases"
  | "tryRules"
  | "listReplays"
  | "requestReplay"
  | "getReplay"
  | "cancelReplay"
  | "markFalsePositive"
  | "unmarkFalsePositive"
>;

export function workshopServices(house: House): WorkshopServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  return {
    listRules: () => listRules(house),
    getRule: (_caller, { id }) => getRule(house, id),
    runRuleCases: (_caller, { id }) => runCasesOf(house, id),
    tryRules: (_caller, request) => tryRules(house, request),
    listReplays: async () => ({ items: await listReplays(house), next: null }),
    requestReplay: (caller, request) => requestReplay(as(caller), request),
    getReplay: (_caller, { id }) => getReplay(house, id),
    cancelReplay: (caller, request) => cancelReplay(as(caller), request),
    markFalsePositive: (caller, request) => markFalsePositive(as(caller), request),
    unmarkFalsePositive: (caller, request) => unmarkFalsePositive(as(caller), request),
  };
}
