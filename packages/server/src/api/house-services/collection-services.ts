import type { House } from "../../app/index.ts";
import { getCollection, listCollections, startCollection } from "../../app/index.ts";
import type { ApiServices } from "../services.ts";

type CollectionServices = Pick<ApiServices, "startCollection" | "listCollections" | "getCollection">;

export function collectionServices(house: House): CollectionServices {
  return {
    startCollection: (caller, request) => startCollection(house, caller.actor, request),
    listCollections: async () => ({ items: listCollections(house), next: null }),
    getCollection: (_caller, { id }) => getCollection(house, id),
  };
}
