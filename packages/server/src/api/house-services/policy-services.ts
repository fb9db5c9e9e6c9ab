import type { Caller } from "../../access/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import {
  closeBreaker,
  isolateBreaker,
  listBreakers,
  listBudgets,
  resetBudget,
  showPolicy,
} from "../../policies/index.ts";
import { getAgent } from "../../telemetry/index.ts";
import type { ApiServices } from "../services.ts";

type PolicyServices = Pick<
  ApiServices,
  "getPolicy" | "listBudgets" | "resetBudget" | "listBreakers" | "isolateBreaker" | "closeBreaker"
>;

export function policyServices(house: House): PolicyServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  return {
    getPolicy: async () => showPolicy(house.policies),
    listBudgets: async (caller, { agent }) => {
      const pack = agent === undefined ? null : (await getAgent(house, agent, [])).pack;
      const items = listBudgets(as(caller), { subject: agent, pack: pack ?? undefined });
      return { items, next: null };
    },
    resetBudget: async (caller, request) => ({ items: await resetBudget(as(caller), request), next: null }),
    listBreakers: async (caller, { agent }) => ({ items: listBreakers(as(caller), { agent }), next: null }),
    isolateBreaker: (caller, request) => isolateBreaker(as(caller), request),
    closeBreaker: (caller, request) => closeBreaker(as(caller), request),
  };
}
