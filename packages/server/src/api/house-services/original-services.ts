import type { Caller } from "../../access/index.ts";
import { contextFor, tellOfManyReveals } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import {
  eraseOriginals,
  listErasures,
  previewErasure,
  revealOriginals,
  rotateKey,
  showOriginals,
} from "../../originals/index.ts";
import type { ManyReveals } from "../../originals/index.ts";
import { createTypedTextMask } from "../typed-text.ts";
import type { ApiServices } from "../services.ts";

type OriginalServices = Pick<
  ApiServices,
  "showOriginals" | "revealOriginals" | "previewErasure" | "eraseOriginals" | "listErasures" | "rotateOriginalsKey"
>;

export function originalServices(house: House): OriginalServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  const clean = createTypedTextMask(house.profile.redaction);
  const revealing = (caller: Caller) => ({
    ...as(caller),
    access: caller.access,
    onManyReveals: (many: ManyReveals) => tellOfManyReveals(house, many),
    // who hammers at it must not fill the audit log
    onRefusal: () => house.refusedAttempts.take(caller.actor.id, caller.address ?? ""),
  });
  return {
    showOriginals: (caller, { id, time }) => showOriginals(revealing(caller), id, time),
    revealOriginals: (caller, { id, reason, ...request }) =>
      revealOriginals(revealing(caller), id, { ...request, ...clean({ reason }) }),
    previewErasure: (caller, request) => previewErasure(as(caller), request),
    eraseOriginals: (caller, { reason, ...request }) =>
      eraseOriginals(as(caller), { ...request, ...clean({ reason }) }),
    listErasures: (_caller, query) => listErasures(house, query),
    rotateOriginalsKey: (caller) => rotateKey(as(caller)),
  };
}
