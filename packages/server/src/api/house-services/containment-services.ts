import { contextFor, DAEMON } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { getReaction, listReactions, reportContainment, viewContainment } from "../../reactions/index.ts";
import type { ApiServices } from "../services.ts";

type ContainmentServices = Pick<
  ApiServices,
  "getContainment" | "reportContainment" | "listReactions" | "getReaction" | "getGuard"
>;

const HOUR_MS = 3_600_000;

export function containmentServices(house: House): ContainmentServices {
  return {
    getContainment: () => viewContainment(contextFor(house, DAEMON)),
    reportContainment: (_caller, { hours }) =>
      reportContainment(house, { sinceMs: house.clock.now() - hours * HOUR_MS }),
    listReactions: (_caller, query) => listReactions(house, query),
    getReaction: (_caller, { id }) => getReaction(house, id),
    getGuard: async () => house.guard.status(),
  };
}
