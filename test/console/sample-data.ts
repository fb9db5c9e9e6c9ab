/** What the fake backend answers: one of everything the console can show, typed by the protocol. Times are relative to `nowMs`. */
import type {
  ActionView,
  Actor,
  AgentView,
  AlertView,
  AuditLogView,
  ApprovalView,
  ChangeView,
  ClockView,
  DeliveryView,
  EvidenceView,
  Hold,
  IncidentDetail,
  IncidentSummary,
  KillswitchView,
  MeView,
  ReceiptSummary,
  RefusalView,
  ReplayView,
  ReviewView,
  RuleView,
  RunView,
  EventView,
  ExportView,
  SavedView,
  SessionMoment,
  SessionView,
  SilenceView,
  SourceView,
  StepState,
  StepView,
  StopView,
  StopState,
  TimelineEntry,
  TokenView,
  OriginalsView,
} from "@firebreak/protocol";
import { actionsOf } from "./fake-actions.ts";
import { originalsOf } from "./fake-originals.ts";
import { auditLogOf } from "./fake-audit-log.ts";
import { retentionOf, type RetentionSample } from "./fake-retention.ts";
import { type Ledger, ledgerOf } from "./fake-ledger.ts";
import { type PlaybookSample, samplePlaybooks } from "./sample-playbooks.ts";
import { replaysOf } from "./sample-rules.ts";
import { INCIDENT_TRANSITIONS, STEP_STATES, STOP_STATES } from "@firebreak/protocol";

const MINUTE = 60_000;

export const ADA: Actor = { kind: "person", id: "usr_ada", name: "ada" };
const RULE: Actor = { kind: "rule", id: "rule", name: "Too many commands" };
const PLAYBOOK: Actor = { kind: "playbook", id: "agent-containment", name: "Agent containment" };

/** Strings that must stay text wherever they are shown. */
export const HOSTILE = `<img src=x onerror="window.__pwned=1"><script>window.__pwned=1</script>'"><b>bold</b>{{7*7}}`;

const HEALTHY = {
  status: "stable",
  line: 1,
  tags: [],
  logsource: null,
  alerts: true,
  hits24h: 0,
  hits7d: 0,
  lastHitAt: null,
  alerts30d: 0,
  falsePositives: 0,
  costMicros: null,
  hint: null,
} as const satisfies Partial<RuleView>;

const CANARY: KillswitchView["canary"] = {
  state: "ok",
  at: new Date().toISOString(),
  freezeMs: 21.4,
  killMs: 12.9,
  problem: null,
  everySeconds: 60,
  limitMs: 2000,
};

const POLICY: KillswitchView["policy"] = {
  file: null,
  globalRole: "commander",
  packRole: "responder",
  confirmation: null,
  criticalPacks: [],
  confirmCriticalPacks: false,
};

export type Scenario = "busy" | "calm" | "empty" | "hostile";

export interface Sample {
  /** everybody writes {@link HOSTILE} */
  readonly isHostile: boolean;
  readonly startedMs: number;
  /** what comes of the session ses_1 while somebody follows it */
  readonly later: SessionMoment[];
  /** events that came since the page was opened */
  readonly fresh: EventView[];
  readonly views: SavedView[];
  readonly exports: ExportView[];
  alerts: AlertView[];
  silences: SilenceView[];
  agents: AgentView[];
  incidents: IncidentDetail[];
  killswitch: KillswitchView;
  approvals: ApprovalView[];
  receipts: ReceiptSummary[];
  reviews: Map<string, ReviewView>;
  tokens: TokenView[];
  sources: SourceView[];
  refusals: RefusalView[];
  changes: ChangeView[];
  ruleErrors: { file: string; line: number; column: number; message: string; remedy: string }[];
  rules: RuleView[];
  replays: ReplayView[];
  ledger: Ledger;
  actions: ActionView[];
  retention: RetentionSample;
  auditLog: AuditLogView;
  originals: OriginalsView;
  library: PlaybookSample;
}

export function sourceOf(name: string, createdAt: string): SourceView {
  return {
    name,
    kind: "alertmanager",
    strict: false,
    staleAfterMs: 18_000_000,
    severities: {},
    template: null,
    signature: null,
    createdAt,
    previousKeyUntil: null,
    previousName: null,
    previousNameUntil: null,
    previousSignatureUntil: null,
    lastHeardAt: null,
    accepted: 0,
    refused: 0,
  };
}

/** `ago(5)` is five minutes ago, `ago(-20)` in twenty minutes, as ISO 8601. */
type Ago = (minutes: number) => string;

export const clockOf =
  (nowMs: number): Ago =>
  (minutes) =>
    new Date(nowMs - minutes * MINUTE).toISOString();

const sessionId = (n: number) => `ses_01JQ0000000000000000000${String(n).padStart(3, "0")}`;

function session(ago: Ago, n: number, agentId: string, state: SessionView["state"], command: string[]): SessionView {
  return {
    id: sessionId(n),
    agentId,
    pack: n === 3 || n === 4 ? "ops" : "research",
    host: n === 3 ? "edge-2" : "host-a",
    state,
    supervisorPid: state === "exited" ? null : 4200 + n,
    command,
    workspace: `/srv/agents/${agentId}`,
    startedAt: ago(95 + n),
    lastHeartbeatAt: ago(state === "lost" ? 11 : 0.05),
    endedAt: state === "exited" ? ago(40) : null,
    exitCode: state === "exited" ? 0 : null,
    exitSignal: null,
  };
}

function hold(ago: Ago, n: number, part: Partial<Hold>): Hold {
  return {
    id: `hld_0000000000000000000000000${n}`,
    epoch: 40 + n,
    scope: "agent",
    target: "scout",
    level: "freeze",
    reason: "Runs commands faster than any person reads them",
    actor: PLAYBOOK,
    incidentId: "INC-2026-0042",
    at: ago(12),
    expiresAt: null,
    ...part,
  };
}

function clocks(
  ago: Ago,
  respond: Partial<ClockView>,
  contain: Partial<ClockView>,
  resolve: Partial<ClockView>,
): ClockView[] {
  return [
    { kind: "respond", startedAt: ago(13), dueAt: ago(8), stoppedAt: null, breached: true, ...respond },
    { kind: "contain", startedAt: ago(13), dueAt: ago(-2), stoppedAt: ago(12.9), breached: false, ...contain },
    { kind: "resolve", startedAt: ago(13), dueAt: ago(-227), stoppedAt: null, breached: false, ...resolve },
  ];
}

function step(ago: Ago, position: number, state: StepState, part: Partial<StepView> = {}): StepView {
  return {
    id: `step-${position}`,
    position,
    parent: null,
    option: null,
    item: null,
    phase: "containment",
    title: `Step ${position}`,
    type: "effector",
    state,
    reason: null,
    message: null,
    attempts: 1,
    input: {},
    output: {},
    startedAt: state === "pending" ? null : ago(12.95 - position / 1000),
    endedAt: ["pending", "running", "waiting"].includes(state) ? null : ago(12.95 - position / 1000 - 0.0015),
    dueAt: null,
    assignee: null,
    approvalId: null,
    needs: [],
    earlier: [],
    ...part,
  };
}

function runs(ago: Ago): RunView[] {
  const run: RunView = {
    id: "run_1",
    playbookId: "rogue-agent",
    playbookTitle: "Rogue agent: contain and keep the evidence",
    playbookHash: "9f2c".repeat(16),
    incidentId: "INC-2026-0042",
    state: "waiting",
    reason: null,
    requestedBy: RULE,
    requestedAt: ago(12.98),
    startedAt: ago(12.97),
    endedAt: null,
    wakeAt: null,
    inputs: { agentId: "scout" },
    outputs: null,
    observes: false,
    owner: null,
    paused: null,
    locks: ["agent:scout"],
    lockedBy: null,
    steps: [
      step(ago, 1, "succeeded", { title: "Deny new calls", message: "The hold is in force at every gate." }),
      step(ago, 2, "succeeded", {
        title: "Freeze the process tree",
        message: "12 processes frozen, the detached child among them.",
        output: { processes: 12, proof: "cgroup frozen" },
      }),
      step(ago, 3, "succeeded", { title: "Collect evidence of the frozen tree", phase: "evidence" }),
      step(ago, 4, "succeeded", { title: "Kill the process tree" }),
      step(ago, 5, "succeeded", { title: "Verify that nothing is left", phase: "verification" }),
      step(ago, 6, "waiting", {
        title: "Ask the owner whether the scratch tree may be restored",
        phase: "recovery",
        type: "manual",
        attempts: 0,
      }),
      step(ago, 7, "pending", { title: "Draft the review", phase: "learning", attempts: 0 }),
    ],
  };
  const every: RunView = {
    ...run,
    id: "run_2",
    playbookId: "every-state",
    playbookTitle: "One step in every state",
    state: "completed_with_exceptions",
    reason: "Two steps did not do what they say",
    endedAt: ago(11),
    steps: STEP_STATES.map((state, index) =>
      step(ago, index + 1, state, {
        title: `A step that is ${state}`,
        ...(state === "denied"
          ? {
              reason: "no_permission",
              message: "The responder may not signal processes of another user; run it as root.",
            }
          : {}),
        ...(state === "failed" ? { reason: "effector_failed", message: "nft exited with status 1", attempts: 3 } : {}),
      }),
    ),
  };
  return [run, every];
}

export function receipt(
  ago: Ago,
  held: Hold,
  targets: readonly SessionView[],
  states: readonly StopState[] = ["verified_stopped"],
): StopView {
  const results = targets.map((target, index) => {
    const state = states[index % states.length] ?? "verified_stopped";
    return {
      sessionId: target.id,
      agentId: target.agentId,
      pack: target.pack,
      level: held.level,
      state,
      elapsedMs: state === "verified_stopped" ? 38 + index * 23 : null,
      proof: state === "verified_stopped" ? (held.level === "kill" ? "no process left" : "cgroup frozen") : "",
      processes: 12 - index,
      remaining:
        state === "failed"
          ? [{ pid: 7311, startTime: "884211", command: "python3 worker.py --detached", state: "D" }]
          : [],
    };
  });
  return {
    stopId: `stp_${held.epoch}`,
    hold: held,
    requestedAt: ago(12.9),
    completedAt: ago(12.899),
    verified: results.every((result) => result.state === "verified_stopped"),
    serverReachable: true,
    results,
    contradictedAt: null,
  };
}

function entry(at: string, kind: string, text: string, actor: Actor = RULE, source = "detection"): TimelineEntry {
  return { id: `${kind}-${at}`, at, kind, source, actor, text, data: {} };
}

function timeline(ago: Ago): TimelineEntry[] {
  return [
    entry(ago(13), "alert.opened", "Too many commands: scout ran 118 commands in one minute (the limit is 100)."),
    entry(ago(12.99), "incident.opened", "INC-2026-0042 opened as SEV-1 critical; the clocks run."),
    entry(ago(12.97), "run.started", "Playbook “Rogue agent” started.", PLAYBOOK, "playbooks"),
    entry(
      ago(12.9),
      "stop.verified",
      "Froze 12 processes of scout in 38 ms; verified by cgroup.",
      PLAYBOOK,
      "containment",
    ),
    entry(
      ago(12.7),
      "evidence.collected",
      "Evidence collected: 31 items, 4.2 MB, manifest signed.",
      PLAYBOOK,
      "evidence",
    ),
    entry(ago(12.5), "contained", "Contained 84 ms after the rule tripped.", PLAYBOOK, "incidents"),
    entry(
      ago(12.2),
      "delivery.delivered",
      "ops-webhook was told.",
      { kind: "daemon", id: "notifier", name: "notifier" },
      "notify",
    ),
    entry(
      ago(8),
      "clock.breached",
      "The respond clock is past its time; nobody has acknowledged.",
      { kind: "daemon", id: "clocks", name: "clocks" },
      "incidents",
    ),
    entry(
      ago(6),
      "note",
      "Looks like the retry loop from last week.\nChecking the prompt history now.",
      ADA,
      "console",
    ),
  ];
}

function alertOf(
  ago: Ago,
  incident: Pick<IncidentSummary, "id" | "severity" | "severityLabel" | "agentId">,
): AlertView {
  return {
    id: `alr_${incident.id}`,
    ruleId: "3f0c2f6e-agent-runaway-commands",
    source: "detection",
    kind: "sigma",
    key: `key of ${incident.id}`,
    occurrence: 1,
    title: "More than 100 commands in one minute",
    level: "critical",
    severity: incident.severity,
    severityLabel: incident.severityLabel,
    incidentType: "agent_runaway",
    status: "open",
    agentId: incident.agentId,
    pack: "research",
    sessionId: sessionId(1),
    sentence: "scout ran 118 commands between 18:02:11 and 18:03:09; the rule allows 100 in one minute.",
    detail: { count: 118, window: "1m", group: { "agent.id": "scout" } },
    firstEventAt: ago(14),
    lastEventAt: ago(13),
    occurrences: 3,
    eventIds: ["evt_1", "evt_2", "evt_3"],
    labels: { alertname: "More than 100 commands in one minute", agent: incident.agentId ?? "" },
    annotations: {},
    links: [],
    notes: [],
    disposition: "incident",
    decision: [],
    falsePositive: null,
    incidentId: incident.id,
    createdAt: ago(13),
    endsAt: null,
    staleSince: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedAt: null,
    resolvedBy: null,
    resolution: null,
  };
}

/** Those of the incidents, and one that a sender reported and a silence holds. */
function alertsOf(ago: Ago, all: IncidentDetail[]): Pick<Sample, "incidents" | "alerts" | "silences"> {
  const [first] = all;
  if (first === undefined) throw new Error("the sample has incidents");
  const held: AlertView = {
    ...alertOf(ago, first),
    id: "alr_held",
    ruleId: null,
    source: "prometheus",
    kind: "alertmanager",
    title: "HighLatency",
    sentence: "The 99th percentile of db-1 is 2 s.",
    severity: 3,
    severityLabel: "SEV-3",
    agentId: null,
    incidentId: null,
    eventIds: [],
    labels: { alertname: "HighLatency", team: "db", instance: "db-1" },
    disposition: "held",
    decision: [
      { stage: "normalise", reason: "as_sent", by: null, until: null },
      { stage: "deduplicate", reason: "first", by: null, until: null },
      { stage: "silence", reason: "silenced", by: "sil_1", until: ago(-50) },
    ],
  };
  const silence: SilenceView = {
    id: "sil_1",
    kind: "silence",
    state: "active",
    matchers: [{ name: "team", op: "=", value: "db" }],
    matchersText: 'team="db"',
    owner: "ada",
    reason: "moving the database",
    startsAt: ago(70),
    endsAt: ago(-50),
    weekly: { days: ["sat", "sun"], from: "22:00", to: "06:00", timeZone: "Europe/Berlin" },
    activeUntil: ago(-50),
    mutesContainment: true,
    holding: 1,
    replaces: null,
    createdBy: ADA,
    createdAt: ago(70),
    expiredAt: null,
    expiredBy: null,
    expireReason: null,
  };
  return { incidents: all, alerts: [held, ...all.flatMap((incident) => incident.alerts)], silences: [silence] };
}

function evidenceOf(ago: Ago): EvidenceView[] {
  const intact: EvidenceView = {
    id: "evd_1",
    incidentId: "INC-2026-0042",
    sessionId: sessionId(1),
    agentId: "scout",
    reason: "Before the kill of scout",
    directory: "evidence/INC-2026-0042/evd_1",
    manifestSha256: "4be1".repeat(16),
    items: 31,
    degradedItems: 2,
    failedItems: 1,
    bytes: 4_212_332,
    collectedAt: ago(12.7),
    collectedBy: PLAYBOOK,
    seal: "immutable",
    verified: null,
    copy: null,
  };
  const touched = {
    ...intact,
    id: "evd_broken",
    reason: "A copy that somebody has touched",
    degradedItems: 0,
    failedItems: 0,
  };
  return [intact, touched];
}

function deliveriesOf(ago: Ago): DeliveryView[] {
  const base = { incidentId: "INC-2026-0042", template: "incident-opened", createdAt: ago(12.9), updatedAt: ago(12.2) };
  return [
    {
      ...base,
      id: "dlv_1",
      channel: "ops-webhook",
      channelKind: "webhook",
      subject: "SEV-1 INC-2026-0042: scout is out of control",
      state: "delivered",
      attempts: 1,
      lastError: null,
      receipt: "202 id=7f21",
      deliveredAt: ago(12.2),
    },
    {
      ...base,
      id: "dlv_2",
      channel: "on-call@example.org",
      channelKind: "email",
      subject: "SEV-1 INC-2026-0042: scout is out of control",
      state: "failed",
      attempts: 5,
      lastError: "smtp.example.org:587 refused the connection (ECONNREFUSED)",
      receipt: null,
      deliveredAt: null,
    },
    {
      ...base,
      id: "dlv_3",
      channel: "audit-webhook",
      channelKind: "webhook",
      subject: "Contained: INC-2026-0042",
      state: "pending",
      attempts: 2,
      lastError: "503 Service Unavailable",
      receipt: null,
      deliveredAt: null,
    },
  ];
}

interface Seed {
  readonly id: string;
  readonly title: string;
  readonly part: Partial<IncidentDetail>;
}

function incidentOf(ago: Ago, { id, title, part }: Seed): IncidentDetail {
  const base: IncidentDetail = {
    id,
    title,
    type: "agent_runaway",
    severity: 2,
    severityLabel: "SEV-2",
    state: "detected",
    agentId: "scout",
    pack: "research",
    sessionId: null,
    commander: null,
    openedAt: ago(13),
    updatedAt: ago(1),
    clocks: clocks(ago, { dueAt: ago(-20), breached: false }, { dueAt: ago(-47), stoppedAt: null }, {}),
    summary: null,
    rootCause: null,
    profile: "ai-empire",
    beganAt: ago(14),
    detectedAt: ago(13),
    acknowledgedAt: null,
    containedAt: null,
    resolvedAt: null,
    closedAt: null,
    tripToStopMs: null,
    storm: null,
    allowedStates: [],
    timeline: [],
    alerts: [],
    runs: [],
    stops: [],
    holds: [],
    evidence: [],
    deliveries: [],
    hasReview: false,
    ...part,
  };
  return { ...base, allowedStates: [...INCIDENT_TRANSITIONS[base.state]] };
}

function incidents(ago: Ago, held: Hold, sessions: readonly SessionView[]): IncidentDetail[] {
  const scout = sessions.slice(0, 1);
  const main = { id: "INC-2026-0042", severity: 1, severityLabel: "SEV-1", agentId: "scout" } as const;
  return [
    incidentOf(ago, {
      id: main.id,
      title: "scout runs away: 118 commands in one minute",
      part: {
        ...main,
        state: "contained",
        sessionId: sessionId(1),
        clocks: clocks(ago, {}, {}, {}),
        containedAt: ago(12.5),
        tripToStopMs: 84,
        timeline: timeline(ago),
        alerts: [alertOf(ago, main)],
        runs: runs(ago),
        stops: [
          receipt(ago, held, scout),
          { ...receipt(ago, { ...held, level: "deny", epoch: 40 }, scout, ["acknowledged"]), requestedAt: ago(12.95) },
        ],
        holds: [held],
        evidence: evidenceOf(ago),
        deliveries: deliveriesOf(ago),
      },
    }),
    incidentOf(ago, {
      id: "INC-2026-0041",
      title: "librarian tried to delete a scratch tree (rm -rf)",
      part: {
        agentId: "librarian",
        state: "triaged",
        commander: "ada",
        acknowledgedAt: ago(31),
        openedAt: ago(34),
        type: "agent_authorization",
        stops: [
          receipt(
            ago,
            { ...held, epoch: 77, scope: "pack", target: "research" },
            STOP_STATES.map((_, n) => ({ ...(scout[0] ?? fail()), id: sessionId(60 + n), agentId: `worker-${n}` })),
            STOP_STATES,
          ),
        ],
      },
    }),
    incidentOf(ago, {
      id: "INC-2026-0040",
      title: "courier has sent no heartbeat for eleven minutes",
      part: {
        agentId: "courier",
        pack: "ops",
        severity: 3,
        severityLabel: "SEV-3",
        type: "system_outage",
        openedAt: ago(11),
      },
    }),
    incidentOf(ago, {
      id: "INC-2026-0039",
      title: "An API key was pasted into a prompt",
      part: {
        severity: 4,
        severityLabel: "SEV-4",
        state: "resolved",
        type: "security_credential_compromise",
        commander: "ada",
        openedAt: ago(1500),
        acknowledgedAt: ago(1490),
        containedAt: ago(1480),
        resolvedAt: ago(1300),
        summary: "The key was revoked in four minutes and never used.",
        rootCause: "The prompt template included the environment.",
        clocks: clocks(
          ago,
          { startedAt: ago(1500), dueAt: ago(1485), stoppedAt: ago(1490), breached: false },
          { startedAt: ago(1500), dueAt: ago(1490), stoppedAt: ago(1480) },
          { startedAt: ago(1500), dueAt: ago(1200), stoppedAt: ago(1300) },
        ),
      },
    }),
  ];
}

function fail(): never {
  throw new Error("the sample has no such thing");
}

const REVIEW = `# Review of INC-2026-0039: An API key was pasted into a prompt

**Severity** SEV-4 (low). *Drafted from the timeline.*

| clock | target | took | |
|---|---|---|---|
| respond | 15 min | 10 min | met |
| contain | 10 min | 20 min | missed by 10 min |

| stop | proof |
|---|---|
| scout | cgroup frozen |

## What happened
1. A prompt\\_template (escaped) included \`API_KEY\`.
2. The rule **Secret in a prompt** fired.

- [x] Key revoked
- [ ] Template mended

> We look for causes, not for culprits.

See [the incident](/incidents/INC-2026-0039), not [this](javascript:alert(1)).

<script>window.__pwned=1</script>
`;

export function sampleOf(scenario: Scenario, nowMs: number): Sample {
  const ago = clockOf(nowMs);
  if (scenario === "empty" || scenario === "calm") return calm(ago, scenario === "empty");
  const sample = { ...busy(ago), startedMs: nowMs };
  return scenario === "hostile" ? { ...makeHostile(sample), isHostile: true } : sample;
}

function calm(ago: Ago, isEmpty: boolean): Sample {
  const sample = busy(ago);
  return {
    ...sample,
    ledger: { budgets: [], breakers: [] },
    actions: [],
    retention: retentionOf(ago, true),
    auditLog: auditLogOf(ago, isEmpty ? "empty" : "calm"),
    originals: originalsOf(ago),
    agents: isEmpty
      ? []
      : sample.agents.map((agent) => ({
          ...agent,
          holds: [],
          session: agent.session && { ...agent.session, state: "running" },
        })),
    incidents: [],
    alerts: [],
    silences: [],
    killswitch: {
      epoch: 0,
      holds: [],
      journalHealthy: true,
      history: [],
      resumes: [],
      policy: POLICY,
      canary: CANARY,
      restores: [],
    },
    approvals: [],
    receipts: [],
    tokens: [],
    sources: [],
    refusals: [],
    changes: [],
    ruleErrors: [],
    rules: isEmpty ? [] : sample.rules,
    replays: isEmpty ? [] : sample.replays,
    library: isEmpty ? { ...sample.library, playbooks: [], refused: [], runs: [], drills: [] } : sample.library,
  };
}

function busy(ago: Ago): Sample {
  const scout = session(ago, 1, "scout", "frozen", ["python3", "agent.py", "--goal", "read the archive"]);
  const librarian = session(ago, 2, "librarian", "running", ["node", "librarian.mjs"]);
  const courier = session(ago, 3, "courier", "lost", ["./courier", "--route", "north"]);
  const clerk = session(ago, 4, "clerk", "exited", ["clerk", "run"]);
  const held = hold(ago, 1, {});
  const tool = hold(ago, 2, {
    scope: "tool",
    target: "shell",
    level: "deny",
    reason: "No shell for anybody until the review",
    actor: ADA,
    incidentId: null,
    at: ago(300),
    expiresAt: ago(-60),
  });
  const agent = (id: string, pack: string | null, seen: number, holds: Hold[], of: SessionView | null): AgentView => ({
    id,
    pack,
    firstSeenAt: ago(9000),
    lastSeenAt: ago(seen),
    holds,
    session: of,
  });
  return {
    isHostile: false,
    library: samplePlaybooks(ago),
    startedMs: 0,
    later: [],
    fresh: [],
    exports: [],
    views: [
      {
        id: "viw_bob",
        name: "Risky shells",
        owner: { kind: "person", id: "usr_bob", name: "bob" },
        own: false,
        shared: true,
        filters: { risk: "high,critical", path: ["data.tool_name=shell"] },
        createdAt: ago(9000),
        updatedAt: ago(9000),
      },
    ],
    ledger: ledgerOf(ago),
    actions: actionsOf(ago),
    retention: retentionOf(ago, false),
    auditLog: auditLogOf(ago, "busy"),
    originals: originalsOf(ago),
    agents: [
      agent("scout", "research", 12, [held, tool], scout),
      agent("librarian", "research", 0.1, [tool], librarian),
      agent("courier", "ops", 11, [tool], courier),
      agent("clerk", "ops", 40, [], clerk),
      agent("imported-bot", null, 3, [], null),
    ],
    ...alertsOf(ago, incidents(ago, held, [scout, librarian])),
    approvals: approvalsOf(ago, held),
    receipts: receiptsOf(ago, held),
    killswitch: {
      epoch: 42,
      holds: [held, tool],
      journalHealthy: true,
      resumes: [],
      policy: POLICY,
      canary: CANARY,
      restores: [],
      history: [
        { ...held, releasedAt: null, releasedBy: null, releaseReason: null },
        { ...tool, releasedAt: null, releasedBy: null, releaseReason: null },
        {
          ...hold(ago, 0, {
            scope: "global",
            target: null,
            level: "kill",
            reason: "Fire drill",
            actor: ADA,
            incidentId: null,
            at: ago(4000),
          }),
          releasedAt: ago(3990),
          releasedBy: ADA,
          releaseReason: "The drill is over",
        },
      ],
    },
    reviews: new Map([
      ["INC-2026-0039", { incidentId: "INC-2026-0039", markdown: REVIEW, draftedAt: ago(1200), dueAt: ago(-4000) }],
    ]),
    tokens: [
      {
        id: "tok_1",
        name: "ci",
        access: "responder",
        createdAt: ago(50_000),
        expiresAt: ago(-80_000),
        revokedAt: null,
        lastUsedAt: ago(3),
      },
      {
        id: "tok_2",
        name: "old-sender",
        access: "agent",
        createdAt: ago(90_000),
        expiresAt: null,
        revokedAt: ago(20_000),
        lastUsedAt: null,
      },
    ],
    sources: [{ ...sourceOf("alertmanager-eu", ago(40_000)), lastHeardAt: ago(2), accepted: 1204, refused: 3 }],
    refusals: [
      {
        id: "7",
        at: ago(12),
        source: null,
        endpoint: "POST /v2/enqueue",
        reason: "the key R0…RSTU of 32 characters belongs to no source",
        summary: "Disk full",
      },
    ],
    changes: [
      {
        id: "chg_1",
        source: "ci",
        at: ago(30),
        summary: "Deployed 4.2",
        origin: "build-server",
        links: [],
        detail: {},
      },
    ],
    replays: replaysOf(ago),
    ruleErrors: [
      {
        file: "rules/local/half-written.yml",
        line: 7,
        column: 3,
        message: "“condition” names the selection “wrtie”, which does not exist.",
        remedy: "Name one of: write, filter.",
      },
    ],
    rules: [
      {
        id: "r1",
        title: "More than 100 commands in one minute",
        level: "critical",
        file: "rules/agent-runaway-commands.yml",
        kind: "correlation",
        description: "An agent in a loop runs commands faster than anybody reads them.",
        ...HEALTHY,
        hits24h: 3,
        hits7d: 21,
        lastHitAt: ago(13),
        alerts30d: 9,
        costMicros: 1.2,
      },
      {
        id: "r2",
        title: "Destructive command",
        level: "high",
        file: "rules/destructive-command.yml",
        kind: "selection",
        description: "rm -rf, mkfs, dd onto a device and their kin.",
        ...HEALTHY,
        logsource: { product: "ai_agent", category: "agent_events" },
        tags: ["attack.impact", "attack.t1485"],
        hits24h: 41,
        hits7d: 260,
        lastHitAt: ago(2),
        alerts30d: 12,
        falsePositives: 7,
        costMicros: 2.31,
        hint: "7 of 12 alerts in 30 days were marked as false: add a filter for what they share.",
      },
    ],
  };
}

/** The same sample with the hostile string in every free text. Ids, states and times stay as they are. */
function makeHostile(sample: Sample): Sample {
  const kept =
    /^(id|epoch|state|kind|scope|level|severity|at|type|status|access|.*At|.*Id|phase|channelKind|allowedStates|decision|disposition|resolution|days|from|to|parent|option|otherwise|undo|onFailure|onTimeout|onLocked|timeBox)$/;
  const poison = (value: unknown, key: string): unknown => {
    if (value instanceof Map) return new Map([...value].map(([k, v]) => [k, poison(v, "")]));
    if (Array.isArray(value)) return kept.test(key) ? value : value.map((item) => poison(item, key));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, poison(v, k)]));
    return typeof value === "string" && !kept.test(key) ? `${HOSTILE} ${value.slice(0, 20)}` : value;
  };
  return sameShape(sample, poison(sample, ""));
}

const FREE_TEXTS =
  /^(title|name|reason|text|note|summary|problem|words|hint|detail|description|value|label|policy|question|source|path|target|place|origin|why)$/;

/** An answer of the API with the hostile string before every free text: what has a space in it, or a name that says so. */
export function poisonTexts(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => poisonTexts(item, key));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, poisonTexts(member, name)]));
  const isFree = typeof value === "string" && (FREE_TEXTS.test(key) || value.includes(" "));
  return isFree ? `${HOSTILE} ${value}` : value;
}

/** Guarantees: `poison` changes only strings into strings, so the shape of the sample stands. */
function sameShape(_: Sample, poisoned: unknown): Sample {
  return poisoned as Sample;
}

function approvalsOf(ago: (minutes: number) => string, held: Hold): ApprovalView[] {
  const question: ApprovalView = {
    id: "apr_01KDY8M3T0XV5C8QJ2N4R6W9ZB",
    kind: "killswitch.resume",
    title: `Resume agent ${held.target}`,
    target: held.id,
    reason: "The key was rotated and the prompt is fixed",
    arguments: { holdIds: [held.id] },
    digest: "3f9a".repeat(16),
    preview: [`ends the ${held.level} of agent ${held.target} that Agent containment set: ${held.reason}`],
    checklist: ["The cause is known, and removed or contained", "The services that the agents depend on answer"],
    incidentId: held.incidentId,
    requestedBy: { kind: "person", id: "usr_bob", name: "bob" },
    requestedAt: ago(12),
    expiresAt: ago(-228),
    role: "commander",
    answersNeeded: 1,
    answers: [],
    state: "pending",
    decidedAt: null,
    usedAt: null,
    outcome: null,
    askedAgainAt: null,
    breakGlass: null,
    reviewed: null,
    refusal: null,
  };
  const done: ApprovalView = {
    ...question,
    id: "apr_01KDY8M3T0XV5C8QJ2N4R6W9ZA",
    title: "Resume everything",
    requestedBy: ADA,
    requestedAt: ago(3000),
    state: "used",
    answers: [{ by: question.requestedBy, answer: "approved", reason: "I looked too", at: ago(2990) }],
    usedAt: ago(2990),
    outcome: "Released; 3 session(s) told to run again.",
  };
  return [question, done];
}

function receiptsOf(ago: (minutes: number) => string, held: Hold): ReceiptSummary[] {
  const stop: ReceiptSummary = {
    id: "stp_01KDY8M3T0XV5C8QJ2N4R6W9ZB",
    kind: "stop",
    at: ago(31),
    holdId: held.id,
    scope: held.scope,
    target: held.target,
    level: held.level,
    reason: held.reason,
    by: held.actor,
    incidentId: held.incidentId,
    drill: false,
    verified: true,
    targets: 1,
    slowestMs: 38.4,
    contradictedAt: ago(29),
  };
  return [
    stop,
    {
      ...stop,
      id: "hld_01KDY8M3T0XV5C8QJ2N4R6W9ZA",
      kind: "resume",
      at: ago(3900),
      verified: null,
      slowestMs: null,
      contradictedAt: null,
      by: ADA,
      reason: "Drill over",
    },
    {
      ...stop,
      id: "stp_01KDY8M3T0XV5C8QJ2N4R6W9ZA",
      at: ago(4000),
      scope: "pack",
      target: "research",
      drill: true,
      verified: false,
      targets: 3,
      slowestMs: 2140,
      contradictedAt: null,
      by: ADA,
      reason: "Monthly drill",
    },
  ];
}

export function meOf(access: MeView["access"], passwordNeeded: boolean): MeView {
  return { actor: { ...ADA }, access, passwordNeeded, profile: "ai-empire", version: "0.1.0" };
}

export { hold as holdOf };
