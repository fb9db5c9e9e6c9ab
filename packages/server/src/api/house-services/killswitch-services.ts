import { effectiveLevel, holdCovers, roleAllows } from "@firebreak/protocol";
import type {
  Hold,
  PacksStatus,
  ResumeReceipt,
  ResumeRequest,
  StopPreview,
  SwitchRequest,
  SwitchView,
} from "@firebreak/protocol";
import type { Caller } from "../../access/index.ts";
import {
  allResumeNeeds,
  checkStop,
  checkStopRole,
  getAddendum,
  getReceipt,
  listHoldHistory,
  listReceipts,
  listRestores,
  noteRefusedAttempt,
  noteSupervisedCaller,
  resumeHold,
  stopAgents,
} from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { FirebreakError } from "../../kernel/index.ts";
import { listPacks, listSessions } from "../../telemetry/index.ts";
import type { PreviewRequest } from "../requests.ts";
import type { ApiServices } from "../services.ts";

type KillswitchServices = Pick<
  ApiServices,
  | "getKillswitch"
  | "noteRefusal"
  | "noteSupervisedCaller"
  | "previewStop"
  | "stop"
  | "resumeHold"
  | "listReceipts"
  | "getReceipt"
  | "getReceiptAddendum"
  | "switchAgents"
  | "getPacksStatus"
>;

const PREVIEW_SESSIONS_MAX = 500;

/** The running sessions that such a stop would touch now; agents started later are covered too. */
async function previewStop(house: House, request: PreviewRequest): Promise<StopPreview> {
  const running = await listSessions(house, { state: "running", limit: PREVIEW_SESSIONS_MAX });
  const frozen = await listSessions(house, { state: "frozen", limit: PREVIEW_SESSIONS_MAX });
  const rule = { scope: request.scope, target: request.target ?? null, level: request.level };
  const sessions = [...running.items, ...frozen.items].filter((session) =>
    holdCovers(rule, { agent: session.agentId, pack: session.pack ?? undefined, session: session.id }),
  );
  return {
    sessions,
    agents: [...new Set(sessions.map((session) => session.agentId))],
    packs: [...new Set(sessions.flatMap((session) => session.pack ?? []))],
  };
}

/** The runbook's switch. On again releases every hold that is set on just this target; others, on more or less, stay. */
async function switchAgents(
  house: House,
  caller: Caller,
  { enabled, reason, checked, pack }: SwitchRequest & { readonly pack: string | null },
): Promise<SwitchView> {
  const scope = pack === null ? "global" : "pack";
  checkStopRole(house.killswitchPolicy, caller, scope);
  const facts = { scope, target: pack } as const;
  if (!enabled) {
    const target = pack === null ? {} : { target: pack };
    const stop = await stopAgents(house, caller.actor, { scope, ...target, reason }, caller.address);
    return { ...facts, enabled: false, stop, resumed: [], holds: holdsOn(house, pack) };
  }
  requireCommander(caller);
  const resumed: ResumeReceipt[] = [];
  for (const hold of ownHolds(house, pack)) {
    const receipt = await resumeUnlessReleased(house, caller, { id: hold.id, reason, checked, atOnce: false });
    if (receipt !== null) resumed.push(receipt);
  }
  const holds = holdsOn(house, pack);
  return { ...facts, enabled: holds.length === 0, stop: null, resumed, holds };
}

/** Releasing one hold of an automatic stop releases its siblings, and another person may be quicker. */
async function resumeUnlessReleased(house: House, caller: Caller, request: ResumeRequest & { readonly id: string }) {
  if (!house.killswitch.current().holds.some((hold) => hold.id === request.id)) return null;
  return resumeHold(house, caller, request);
}

/** Holds set on just this pack (or, for null, on everything). */
function ownHolds(house: House, pack: string | null): Hold[] {
  const scope = pack === null ? "global" : "pack";
  return house.killswitch.current().holds.filter((hold) => hold.scope === scope && hold.target === pack);
}

/** Holds that keep the pack as a whole from running. */
function holdsOn(house: House, pack: string | null): Hold[] {
  return pack === null ? ownHolds(house, null) : [...ownHolds(house, pack), ...ownHolds(house, null)];
}

async function getPacksStatus(house: House): Promise<PacksStatus> {
  const seen = await listPacks(house);
  const stopped = house.killswitch
    .current()
    .holds.flatMap((hold) => (hold.scope === "pack" ? (hold.target ?? []) : []));
  const unseen = [...new Set(stopped)].filter((pack) => !seen.some((one) => one.pack === pack));
  const counts = [...seen, ...unseen.map((pack) => ({ pack, agents: 0, running: 0, frozen: 0 }))];
  const packs = counts.map((one) => {
    const holds = holdsOn(house, one.pack);
    return { ...one, enabled: holds.length === 0, level: effectiveLevel(holds, { pack: one.pack }), holds };
  });
  const holds = holdsOn(house, null);
  return { global: { enabled: holds.length === 0, holds }, packs };
}

function requireCommander(caller: Caller): void {
  if (caller.access !== "agent" && roleAllows(caller.access, "commander")) return;
  throw new FirebreakError("forbidden", "Letting agents run again needs the role commander. Ask a commander.");
}

export function killswitchServices(house: House): KillswitchServices {
  return {
    getKillswitch: async (caller) => {
      const { epoch, holds, health } = house.killswitch.current();
      const { file, globalRole, packRole, confirmation, criticalPacks, confirmCriticalPacks } = house.killswitchPolicy;
      return {
        epoch,
        holds: [...holds],
        journalHealthy: health.state === "ok",
        history: await listHoldHistory(house),
        canary: house.canary.view(),
        restores: await listRestores(house),
        resumes: await allResumeNeeds(house, caller),
        policy: { file, globalRole, packRole, confirmation, criticalPacks: [...criticalPacks], confirmCriticalPacks },
      };
    },
    previewStop: (_caller, request) => previewStop(house, request),
    stop: async (caller, request) => {
      await checkStop(house, caller, request);
      return stopAgents(house, caller.actor, request, caller.address);
    },
    resumeHold: (caller, request) => resumeHold(house, caller, request),
    noteRefusal: (attempt) => noteRefusedAttempt(house, attempt),
    noteSupervisedCaller: (attempt) => noteSupervisedCaller(house, attempt),
    listReceipts: (_caller, query) => listReceipts(house, query),
    getReceipt: (_caller, { id }) => getReceipt(house, id),
    getReceiptAddendum: (_caller, { id }) => getAddendum(house, id),
    switchAgents: (caller, request) => switchAgents(house, caller, request),
    getPacksStatus: () => getPacksStatus(house),
  };
}
