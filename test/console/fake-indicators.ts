import type { ExtractedIndicators, IndicatorReceipt, IndicatorView, ScanHit, ScanView } from "@firebreak/protocol";

interface Call {
  readonly body: Record<string, unknown>;
  readonly id: string;
}

interface Surroundings {
  /** what lasts from one request to the next */
  readonly sample: object;
  readonly isEmpty: boolean;
  readonly ago: (minutes: number) => string;
  readonly refuse: (code: "not_found" | "conflict", detail: string) => Error;
}

const RECEIPT: IndicatorReceipt = {
  added: 2,
  renewed: 1,
  rejected: [{ place: "line 4", message: "nonsense has no form that tells its type; name the type" }],
  rejectedTotal: 1,
};
const FOUND: ExtractedIndicators = {
  items: [
    { type: "domain", value: "evil.example", count: 2, line: 1, defanged: true },
    { type: "ip", value: "203.0.113.8", count: 1, line: 3, defanged: false },
  ],
  truncated: false,
};

function indicatorsOf(ago: Surroundings["ago"]): IndicatorView[] {
  const shared = {
    effect: "match",
    source: "feed",
    severity: 2,
    createdBy: "ada",
    createdAt: ago(60),
    updatedAt: ago(60),
  } as const;
  const none = { description: null, confidence: null, tlp: null, expiresAt: null };
  return [
    {
      ...shared,
      ...none,
      id: "ind_1",
      type: "domain",
      value: "evil.example",
      description: "command and control",
      confidence: 80,
      tlp: "amber",
    },
    {
      ...shared,
      ...none,
      id: "ind_2",
      type: "hash",
      value: "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
      expiresAt: ago(-600),
    },
    { ...shared, ...none, id: "ind_3", type: "domain", value: "example.org", effect: "allow" },
  ];
}

function scansOf(ago: Surroundings["ago"]): ScanView[] {
  const shared = {
    alert: false,
    requestedBy: { kind: "person", name: "ada" },
    requestedAt: ago(30),
    startedAt: ago(30),
    endedAt: null,
    indicators: 3,
    alerts: 0,
    skipped: [],
    skippedTotal: 0,
    problem: null,
  };
  return [
    {
      ...shared,
      id: "isc_running",
      state: "running",
      target: { kind: "events" },
      automatic: false,
      examined: 420_000,
      bytes: 5e8,
      share: 0.42,
      hits: 1,
    },
    {
      ...shared,
      id: "isc_done",
      state: "done",
      target: { kind: "folder", path: "/var/log" },
      automatic: false,
      endedAt: ago(29),
      examined: 120,
      bytes: 3e7,
      share: 1,
      hits: 1,
      skipped: [{ place: "/var/log/private.log", reason: "EACCES: permission denied" }],
      skippedTotal: 1,
    },
  ];
}

const KEPT = new WeakMap<object, ScanView[]>();

/** The part of the fake backend that the pages of indicators ask. */
export function indicatorRoutes({
  sample,
  isEmpty,
  ago,
  refuse,
}: Surroundings): Record<string, (call: Call) => unknown> {
  const indicators = isEmpty ? [] : indicatorsOf(ago);
  const scans = KEPT.get(sample) ?? (isEmpty ? [] : scansOf(ago));
  KEPT.set(sample, scans);
  const findScan = (id: string): ScanView => {
    const found = scans.find((scan) => scan.id === id);
    if (!found) throw refuse("not_found", `There is no scan ${id}.`);
    return found;
  };
  const hit: ScanHit = {
    indicatorId: "ind_1",
    type: "domain",
    value: "evil.example",
    source: "feed",
    severity: 2,
    place: "/var/log/agents/scout.log",
    agentId: null,
    sessionId: null,
    archiveId: null,
    count: 4,
    live: 0,
    firstAt: ago(900),
    lastAt: ago(800),
    path: "line",
    samples: [17, 21, 30, 31],
    alertId: null,
  };
  return {
    "GET /indicators": () => ({ items: indicators, next: null }),
    "POST /indicators": () => ({ ...RECEIPT, rejected: [], rejectedTotal: 0 }),
    "POST /indicators/import": () => RECEIPT,
    "POST /indicators/extract": () => FOUND,
    "GET /indicators/:id/removal": ({ id }) => {
      const indicator = indicators.find((one) => one.id === id);
      if (!indicator) throw refuse("not_found", `There is no indicator ${id}.`);
      const isMet = id === "ind_1";
      const reportedAgain = indicator.effect === "allow" ? indicators.slice(0, 1) : [];
      return {
        indicator,
        alerts: isMet ? 3 : 0,
        openAlerts: isMet ? 2 : 0,
        lastMetAt: isMet ? ago(50) : null,
        reportedAgain,
        reportedAgainTotal: reportedAgain.length === 0 ? 0 : 12,
      };
    },
    "DELETE /indicators/:id": () => null,
    "GET /indicators/scans": () => ({ items: scans, next: null }),
    "POST /indicators/scans": () => scans[0],
    "GET /indicators/scans/:id": ({ id }) => findScan(id),
    "GET /indicators/scans/:id/hits": () => ({ items: [hit], next: null }),
    "POST /indicators/scans/:id/cancel": ({ id }) => Object.assign(findScan(id), { state: "cancelled" }),
    "POST /indicators/scans/:id/alert": ({ id }) => Object.assign(findScan(id), { alerts: 1 }),
  };
}
