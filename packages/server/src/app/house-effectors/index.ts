import type { Effector } from "../../containment/index.ts";
import { agentStatus } from "./agent-status.ts";
import { checkLoad } from "./check-load.ts";
import { checkLogins } from "./check-logins.ts";
import { eventsSearch } from "./events-search.ts";
import { incidentEffectors } from "./incident-effectors.ts";
import type { IncidentSurroundings } from "./incident-effectors.ts";
import { indicatorAdd } from "./indicator-add.ts";
import { piiSearch } from "./pii-search.ts";

/** What steps do with what this house keeps: events, agents, incidents, indicators. */
export function houseEffectors(surroundings: IncidentSurroundings): readonly Effector[] {
  const { database } = surroundings;
  return [
    agentStatus(database),
    checkLoad,
    checkLogins(database),
    eventsSearch(database),
    piiSearch(database),
    indicatorAdd(database),
    ...incidentEffectors(surroundings),
  ];
}
