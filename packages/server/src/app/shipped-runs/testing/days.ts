/** How the world looks to shipped playbooks in tests, and what persons say to them. */
import type { RunView, StepView } from "@firebreak/protocol";
import { z } from "zod";
import type { LoadedPlaybook, StepAnswer } from "../../../playbooks/index.ts";

/** A bad day on which everything is down, or one on which all is over. */
export interface Day {
  /** by the effector's name; what somebody tries is over when another step asks for it, at the end */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly later?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly captured: Readonly<Record<string, unknown>>;
  /** of a decision that is asked: the first option, or the last */
  readonly option: "first" | "last";
}

const top = [{ pid: 4242, startedAt: "2026-11-27T10:00:00.000Z", name: "node", cpuPercent: 91, memoryBytes: 9e9 }];
const login = { address: "203.0.113.7", failures: 40, succeeded: 1, users: ["root"] };
const READ = {
  "check.load": {
    cpuPercent: 40,
    memoryPercent: 50,
    top: [{ ...top[0], agentId: "scout" }],
    agents: [{ agentId: "scout", cpuPercent: 91, memoryBytes: 9e9 }],
  },
  "check.disk": { freeGb: 80, percent: 40, largest: [{ path: "/var/log/x", bytes: 9 }] },
  "check.service": {
    exists: true,
    active: true,
    state: "running",
    since: null,
    restartsInHour: 0,
    well: true,
    reason: "",
  },
  "check.http": { up: true, status: 200, millis: 3, contains: false, problem: "" },
  "check.redis": { up: true, loading: false, usedBytes: 1, maxBytes: 2, lastSaveOk: true, keys: 12, reason: "" },
  "check.postgres": { up: true, version: "18", readOnly: false, sizeBytes: 9, damaged: [], reason: "" },
  "check.backup": {
    readable: true,
    fresh: true,
    ageHours: 1,
    bytes: 9,
    entries: 3,
    path: "/srv/backups/x.tar",
    reason: "",
  },
  "check.git": { branch: "main", commit: "0".repeat(40), clean: false, changed: ["a"] },
  "check.logins": { addresses: [login], complete: true },
  "log.search": { count: 3, lines: ["x"], undated: 0 },
  "events.search": { count: 0, eventIds: [], agents: [], sessions: [], complete: true },
  "pii.search": { count: 1, categories: ["EMAIL"], found: { EMAIL: 1 }, eventIds: [], complete: true },
  "agent.status": { agents: [], running: 0, complete: true },
};
const CAPTURED = { good: true, passed: true, rows: 10, newAlerts: 0, backup: "/srv/backups/x.tar" };

export const DAYS = {
  "a bad day": {
    outputs: READ,
    later: { "check.logins": { addresses: [], complete: true } },
    captured: {
      ...CAPTURED,
      filesLost: true,
      secretsLeaked: true,
      personalData: true,
      dataModified: true,
      confirmed: true,
    },
    option: "first",
  },
  "a day on which it is over": {
    outputs: {
      ...READ,
      "log.search": { count: 0, lines: [], undated: 0 },
      "check.logins": { addresses: [], complete: true },
    },
    captured: CAPTURED,
    option: "last",
  },
} satisfies Readonly<Record<string, Day>>;
export type DayName = keyof typeof DAYS;

export const DEATHS = ["begun", "over", "later"] as const;

/** What a process is told of a run that it is to execute. */
export const orderOfRun = z.object({
  runId: z.string(),
  profile: z.string(),
  day: z.enum(["a bad day", "a day on which it is over"]),
  /** nothing that acts may be done twice, whatever the effector says of itself */
  repeatsNothing: z.boolean(),
  /** the process kills itself at that act, counted from now on: when it has begun, when it is over, or a moment later */
  dies: z.object({ act: z.number().int(), moment: z.enum(DEATHS) }).nullable(),
});
export type OrderOfRun = z.output<typeof orderOfRun>;

/** What the playbook needs to begin; a list of one item, so that its loops turn once, and no waiting. */
export function inputsOf({ document }: LoadedPlaybook, agentId: string): Record<string, unknown> {
  const given: Readonly<Record<string, unknown>> = {
    firstWatch: "1ms",
    secondWatch: "1ms",
    watch: "1ms",
    packs: ["research"],
    credentials: ["github"],
    agentId,
    pack: "research",
    kind: "postgres",
    service: "redis",
    integrationUrl: "http://127.0.0.1:9/health",
  };
  const words = Object.entries(document.inputs).flatMap(([name, { required, default: byDefault }]) => {
    if (Object.hasOwn(given, name)) return [[name, given[name]] as const];
    return required && byDefault === undefined ? [[name, "/srv/x"] as const] : [];
  });
  return Object.fromEntries(words);
}

/** What a person is shown of a step that waits. */
const asked = z.object({
  checklist: z.array(z.string()).default([]),
  capture: z.array(z.object({ name: z.string(), type: z.enum(["string", "number", "boolean"]) })).default([]),
  options: z.array(z.object({ id: z.string() })).default([]),
});
const answered = z.union([z.string(), z.number(), z.boolean()]);
const SAMPLE = { string: "said", number: 0, boolean: false } as const;

/** What a person says of a step that waits, on that day. */
export function answerTo(step: StepView, day: Day): Omit<StepAnswer, "runId" | "stepId"> {
  const { checklist, capture, options } = asked.parse(step.input);
  const captured = capture.map(({ name, type }) => [name, answered.parse(day.captured[name] ?? SAMPLE[type])] as const);
  const option = day.option === "first" ? options.at(0) : options.at(-1);
  return {
    result: "done",
    note: "answered in a test",
    checked: checklist,
    captured: Object.fromEntries(captured),
    ...(option && { option: option.id }),
  };
}

/** @returns the first step that waits for a person: a question to approve, something to do, or one that was interrupted */
export function findAsking({ steps }: RunView): StepView | undefined {
  return steps.find(
    ({ state, reason, approvalId }) =>
      state === "interrupted" ||
      (state === "waiting" && (reason === "waiting_for_person" || (reason === "waiting_for_approval" && approvalId))),
  );
}
