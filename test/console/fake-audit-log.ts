import type { AuditLogView, AuditView, ShipmentView } from "@firebreak/protocol";

const SIZE = 48_213;
const DAY_MINUTES = 24 * 60;
const ORIGIN = "firebreak/3f9a1c04";
const KEY = `${ORIGIN}+8d66cf3f+AaT0tUQ2x7mOqSp1Zv0c6rF4Kk3hLw9uYd5eBn8gJi2X`;
const SOUND = { problem: null, failingSince: null, remedy: null } as const;

/** The log of a server: `busy` with a place and a witness that fail, `calm` with all well, `empty` with nobody outside. */
export function auditLogOf(ago: (minutes: number) => string, scenario: "busy" | "calm" | "empty"): AuditLogView {
  const log: AuditLogView = {
    origin: ORIGIN,
    size: SIZE,
    checkpoint: `${ORIGIN}\n${SIZE}\nr0oTrrqB1W0m7Qn0cJ8yTz7vR2o5s3kV9dPq4x6u1mE=\n\n\u2014 ${ORIGIN} jWbPP2Z8…\n`,
    signedAt: ago(0),
    keys: [KEY],
    keyChanges: [],
    shipments: [],
    witnessed: null,
    checking: null,
    lastCheck: null,
  };
  if (scenario === "empty") return log;
  const lastCheck = { at: ago(190), intact: true, entries: 47_020, findings: [] };
  const disk: ShipmentView = {
    name: "disk",
    kind: "file",
    place: "/mnt/elsewhere/checkpoints",
    size: SIZE - 213,
    shippedAt: ago(22),
    nextTryAt: null,
    isLate: false,
    ...SOUND,
  };
  const witness = {
    name: "witness.example/w1",
    url: "https://witness.example/w1",
    size: SIZE - 40,
    cosignedAt: ago(4),
  };
  const vouching = { ...witness, contradicts: false, ...SOUND };
  const witnessed = { required: 1, checkpoint: log.checkpoint, size: SIZE - 40, witnesses: [vouching] };
  if (scenario === "calm") return { ...log, lastCheck, shipments: [disk], witnessed };
  const collector: ShipmentView = {
    name: "collector",
    kind: "http",
    place: "https://keep.example/heads",
    size: 31_000,
    shippedAt: ago(2 * DAY_MINUTES),
    problem: "keep.example answered 503",
    failingSince: ago(DAY_MINUTES + 70),
    remedy: "See that this machine reaches it and that it answers POST with 200, and that SHIP_SECRET is set.",
    nextTryAt: ago(-32),
    isLate: true,
  };
  const bucket: ShipmentView = {
    ...disk,
    name: "bucket",
    kind: "s3",
    place: "s3://heads/firebreak",
    size: 0,
    shippedAt: null,
  };
  const silent = {
    name: "auditor.example/a-witness-with-a-long-name",
    url: null,
    size: 0,
    cosignedAt: null,
    contradicts: false,
    ...SOUND,
  };
  return {
    ...log,
    lastCheck,
    checking: { done: 12_800, size: SIZE },
    shipments: [disk, collector, bucket],
    witnessed: { ...witnessed, witnesses: [vouching, silent] },
  };
}

const ADA = { kind: "person", id: "usr_ada", name: "ada" } as const;
const ACTS = 60;

/** Acts of an hour, the newest first: one of ada's on a legal hold, and a daemon's. */
const actsOf = (now: string): AuditView[] =>
  Array.from({ length: ACTS }, (_, at) => {
    const isHers = at % 2 === 0;
    const actor = isHers ? ADA : ({ kind: "daemon", id: "firebreak", name: "Firebreak" } as const);
    const [action, target] = isHers ? ["legal_hold.apply", `hld_${ACTS - at}`] : ["delivery.send", `dlv_${ACTS - at}`];
    const time = new Date(Date.parse(now) - at * 60_000).toISOString();
    const leaf = JSON.stringify({ action, actor, at: time, detail: { reason: "<b>claim</b>" }, target });
    return { seq: ACTS - at, at: time, actor, action, target, leafHash: "00".repeat(32), leaf };
  });

function findActs(now: string, query: URLSearchParams) {
  const [actor, action, text] = ["actor", "action", "text"].map((name) => query.get(name));
  const after = Number(query.get("after") ?? Infinity);
  const limit = Number(query.get("limit"));
  const found = actsOf(now)
    .filter((act) => act.seq < after && (!actor || act.actor.name === actor) && (!text || act.leaf.includes(text)))
    .filter((act) => !action || (action.endsWith(".") ? act.action.startsWith(action) : act.action === action));
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? String(items.at(-1)?.seq) : null };
}

interface Call {
  readonly query: URLSearchParams;
}

export function auditLogRoutes(log: AuditLogView, now: () => string): Record<string, (call: Call) => unknown> {
  return {
    "GET /audit": ({ query }) => findActs(now(), query),
    "GET /audit/log": () => log,
    "POST /audit/ship": () => {
      log.shipments = log.shipments.map((shipment) =>
        shipment.problem === null ? { ...shipment, size: log.size, shippedAt: now() } : shipment,
      );
      return { items: log.shipments };
    },
  };
}
