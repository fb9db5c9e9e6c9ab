import type { Caller } from "../../access/index.ts";
import { createSignalRedaction } from "../../alerts/index.ts";
import { contextFor } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import {
  changeSource,
  createSource,
  getSource,
  listChanges,
  listRefusals,
  listSources,
  removeSource,
  rotateSource,
  testSource,
} from "../../senders/index.ts";
import type { SenderContext } from "../../senders/index.ts";
import type { ApiServices } from "../services.ts";

type SenderServices = Pick<
  ApiServices,
  | "answerSender"
  | "listSources"
  | "getSource"
  | "createSource"
  | "changeSource"
  | "rotateSource"
  | "removeSource"
  | "testSource"
  | "listRefusals"
  | "listChanges"
>;

export function senderServices(house: House): SenderServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  const redactSignal = createSignalRedaction(house.profile.redaction);
  const ctx: SenderContext = { ...house, authenticate: house.authenticator.authenticate, redactSignal };
  return {
    answerSender: (endpoint, request) => endpoint.answer(ctx, request),
    listSources: async () => ({ items: await listSources(house), next: null }),
    getSource: (_caller, { name }) => getSource(house, name, house.consoleUrl()),
    createSource: (caller, request) => createSource(as(caller), request, house.consoleUrl()),
    changeSource: (caller, name, request) => changeSource(as(caller), name, request, house.consoleUrl()),
    rotateSource: (caller, { name, ...request }) => rotateSource(as(caller), name, request, house.consoleUrl()),
    removeSource: (caller, { name }) => removeSource(as(caller), name),
    testSource: (_caller, { name, body }) => testSource(house, name, body),
    listRefusals: (_caller, query) => listRefusals(house, query),
    listChanges: (_caller, query) => listChanges(house, query),
  };
}
