import type { Caller } from "../../access/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { addIndicators, importIndicators, listIndicators, removeIndicator } from "../../indicators/index.ts";
import type { ApiServices } from "../services.ts";

type IndicatorServices = Pick<ApiServices, "listIndicators" | "addIndicators" | "importIndicators" | "removeIndicator">;

export function indicatorServices(house: House): IndicatorServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  /** Who was told that it is done may send the next event at once: this node knows by then. */
  const knownHere = async <T>(change: Promise<T>): Promise<T> => {
    const result = await change;
    await house.indicators.reloadIfChanged();
    return result;
  };
  return {
    listIndicators: (_caller, query) => listIndicators(house, query),
    addIndicators: (caller, request) => knownHere(addIndicators(as(caller), request)),
    importIndicators: (caller, request) => knownHere(importIndicators(as(caller), request)),
    removeIndicator: (caller, request) => knownHere(removeIndicator(as(caller), request)),
  };
}
