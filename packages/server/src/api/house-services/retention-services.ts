import { contextFor, runRetentionAndTell } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import {
  applyLegalHold,
  cancelNotice,
  carryOutPersonErasure,
  findPerson,
  getPersonErasure,
  listPersonErasures,
  withdrawPersonErasure,
  listDueCopies,
  listLegalHolds,
  listNotices,
  listSegments,
  previewRetention,
  readArchive,
  releaseLegalHold,
  showRetention,
} from "../../retention/index.ts";
import type { RetentionServices } from "../retention-services.ts";

export function retentionServices(house: House): RetentionServices {
  const { database, profile } = house;
  const { home } = house.config;
  return {
    getRetention: () => showRetention({ database, home, profile }),
    previewRetention: (caller, query) => previewRetention(contextFor(house, caller.actor), query),
    runRetention: (caller, request) => runRetentionAndTell(house, caller.actor, request),
    listRetentionNotices: async (_caller, query) => ({ items: await listNotices(house, query), next: null }),
    cancelRetentionNotice: (caller, request) => cancelNotice(contextFor(house, caller.actor), request),
    findPerson: (caller, request) => findPerson(contextFor(house, caller.actor), request),
    listPersonErasures: async () => ({ items: await listPersonErasures(house), next: null }),
    getPersonErasure: (_caller, { id }) => getPersonErasure(house, id),
    carryOutPersonErasure: (caller, request) => carryOutPersonErasure(contextFor(house, caller.actor), caller, request),
    withdrawPersonErasure: (caller, request) => withdrawPersonErasure(contextFor(house, caller.actor), request),
    listRetentionCopies: async () => ({ items: await listDueCopies(house), next: null }),
    listArchiveSegments: async () => ({ items: await listSegments(house), next: null }),
    readArchiveSegment: (_caller, { id, after, limit }) =>
      readArchive({ database, home }, { id, after: placeAfter(after), limit }),
    listLegalHolds: async (_caller, { released = false }) => ({
      items: await listLegalHolds(house, { released }),
      next: null,
    }),
    applyLegalHold: (caller, request) => applyLegalHold(contextFor(house, caller.actor), request),
    releaseLegalHold: (caller, request) => releaseLegalHold(contextFor(house, caller.actor), caller, request),
  };
}

function placeAfter(after: string | undefined): number {
  const from = Number(after ?? 0);
  if (Number.isSafeInteger(from) && from >= 0) return from;
  throw new FirebreakError("bad_request", "after: use `next` of the page before.");
}
