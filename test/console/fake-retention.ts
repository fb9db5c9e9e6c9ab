import type {
  Actor,
  LegalHoldView,
  PersonErasure,
  RetentionCopy,
  RetentionNotice,
  RetentionPlan,
  RetentionSchedule,
  RetentionView,
} from "@firebreak/protocol";

const ADA: Actor = { kind: "person", id: "usr_ada", name: "ada" };
const HOLD = "lgh_01KDY8M3T0XV5C8QJ2N4R6W9ZB";
const NOTICE = "ntc_01KDY8M3T0XV5C8QJ2N4R6W9ZB";
const DAY_MINUTES = 24 * 60;

export interface RetentionSample {
  readonly view: RetentionView;
  readonly plans: RetentionPlan[];
  readonly notices: RetentionNotice[];
  readonly holds: LegalHoldView[];
  readonly copies: RetentionCopy[];
  readonly erasures: PersonErasure[];
}

const schedule = (given: Partial<RetentionSchedule> & Pick<RetentionSchedule, "class">): RetentionSchedule => ({
  pack: null,
  retainDays: 90,
  archiveDays: 365,
  deleteDays: 540,
  noticeDays: 30,
  ...given,
});

const PLAN: RetentionPlan = {
  class: "events",
  pack: null,
  act: "archive",
  place: "events",
  rows: 48_213,
  bytes: 52_000_000,
  oldest: null,
  newest: null,
  held: 1_204,
  cases: ["2026-17"],
  dueAt: null,
  lockedUntil: null,
};

export function retentionOf(ago: (minutes: number) => string, isEmpty: boolean): RetentionSample {
  const schedules = [
    schedule({ class: "events" }),
    schedule({ class: "events", pack: "legal", deleteDays: 1_635 }),
    schedule({ class: "debug", retainDays: 7, archiveDays: 30, deleteDays: 90 }),
    schedule({ class: "audit", retainDays: 730, archiveDays: 1_825, deleteDays: null }),
    schedule({ class: "evidence", retainDays: 2_555, archiveDays: null, deleteDays: 2_555, noticeDays: 0 }),
  ];
  const storage = { usedPercent: 41.3, warnPercent: 80 };
  if (isEmpty) {
    const archive = { segments: 0, rows: 0, bytes: 0 };
    return {
      view: { schedules, lastRun: null, archive, storage, legalHolds: 0, copiesDue: 0 },
      plans: [],
      notices: [],
      holds: [],
      copies: [],
      erasures: [],
    };
  }
  const hold: LegalHoldView = {
    id: HOLD,
    caseId: "2026-17",
    scope: "incident",
    target: "INC-2026-0042",
    from: null,
    to: null,
    reason: "claim of Example Ltd",
    appliedBy: ADA,
    appliedAt: ago(3 * DAY_MINUTES),
    releasedAt: null,
    releasedBy: null,
    releaseReason: null,
    approvalId: null,
  };
  const asked: LegalHoldView = {
    ...hold,
    id: "lgh_01KDY8M3T0XV5C8QJ2N4R6W9ZC",
    caseId: "2026-18",
    scope: "all",
    target: null,
    from: ago(90 * DAY_MINUTES),
    to: ago(60 * DAY_MINUTES),
    reason: "inquiry of the regulator",
    approvalId: "apr_01KDY8M3T0XV5C8QJ2N4R6W9ZB",
  };
  const notice: RetentionNotice = {
    id: NOTICE,
    class: "debug",
    pack: null,
    from: null,
    before: ago(83 * DAY_MINUTES),
    rows: 120_400,
    announcedAt: ago(DAY_MINUTES),
    dueAt: ago(-29 * DAY_MINUTES),
    state: "announced",
    endedAt: null,
    endedBy: null,
    reason: null,
    deleted: 0,
    held: 0,
  };
  const lastRun = {
    at: ago(95),
    by: { kind: "daemon", id: "firebreak", name: "firebreak" } as const,
    archived: 20_412,
    segments: 2,
    deleted: 0,
    held: 1_204,
    announced: 1,
    more: false,
    problems: ["could not archive metrics: the disk is full; nothing was dropped"],
  };
  const archive = { segments: 12, rows: 230_412, bytes: 41_200_000 };
  return {
    view: { schedules, lastRun, archive, storage: { ...storage, usedPercent: 86.1 }, legalHolds: 2, copiesDue: 1 },
    plans: [{ ...PLAN, oldest: ago(120 * DAY_MINUTES), newest: ago(90 * DAY_MINUTES) }],
    notices: [notice],
    holds: [hold, asked],
    erasures: [
      {
        id: "pse_01KDY8M3T0XV5C8QJ2N4R6W9ZB",
        state: "found",
        terms: { values: ["jane@example.org", "u-20871"], patterns: [] },
        also: [],
        reason: "GDPR request 12",
        requestedBy: ADA,
        requestedAt: ago(30),
        lookedAt: ago(28),
        endedAt: null,
        stores: [
          {
            store: "events",
            act: "delete",
            matches: 214,
            stay: 12,
            cases: ["2026-17"],
            why: ["held by case 2026-17"],
            erased: 0,
          },
          {
            store: "evidence",
            act: "keep",
            matches: 1,
            stay: 1,
            cases: [],
            why: ["evidence is sealed, and kept for claims"],
            erased: 0,
          },
        ],
        beyond: [],
        problem: null,
        approvalId: null,
      },
    ],
    copies: [
      {
        archiveId: "evd_01KDY8M3T0XV5C8QJ2N4R6W9ZB",
        place: "s3://evidence/firebreak",
        askedAt: ago(40 * DAY_MINUTES),
        objects: 214,
        bytes: 88_000_000,
        refused: 214,
        problem: "the store keeps 214 versions, 0 were deleted: locked there until 2033-03-01T00:00:00Z (compliance)",
        nextAt: ago(-300 * DAY_MINUTES),
        cases: ["2026-18"],
      },
    ],
  };
}

interface Call {
  readonly body: Record<string, unknown>;
  readonly id: string;
}

export function retentionRoutes(sample: RetentionSample, now: () => string): Record<string, (call: Call) => unknown> {
  const { view, plans, notices, holds, copies, erasures } = sample;
  return {
    "GET /retention/copies": () => ({ items: copies, next: null }),
    "GET /person-erasures": () => ({ items: erasures, next: null }),
    "POST /person-erasures": () => erasures[0] ?? {},
    "POST /person-erasures/:id/carry-out": ({ id }) => {
      const erasure = erasures.find((one) => one.id === id);
      return erasure === undefined ? {} : Object.assign(erasure, { state: "asked" });
    },
    "GET /retention": () => view,
    "GET /retention/preview": () => ({ at: now(), plans }),
    "GET /retention/notices": () => ({ items: notices, next: null }),
    "POST /retention/notices/:id/cancel": ({ id }) => {
      const at = notices.findIndex((notice) => notice.id === id);
      const [cancelled] = at < 0 ? [] : notices.splice(at, 1);
      return cancelled && { ...cancelled, state: "cancelled", endedAt: now(), endedBy: ADA };
    },
    "GET /legal-holds": () => ({ items: holds, next: null }),
    "POST /legal-holds": ({ body }) => {
      const applied = { ...holds[0], ...body, id: "lgh_new", appliedBy: ADA, appliedAt: now(), approvalId: null };
      holds.unshift(applied as LegalHoldView);
      return applied;
    },
    "POST /legal-holds/:id/release": ({ id }) => {
      const at = holds.findIndex((hold) => hold.id === id);
      const hold = holds[at];
      if (hold === undefined) return undefined;
      holds[at] = { ...hold, approvalId: "apr_01KDY8M3T0XV5C8QJ2N4R6W9ZC" };
      return { hold: holds[at], released: false };
    },
  };
}
