// Generated from packages/server/src/api/openapi.json by scripts/generate-client.mjs. Do not edit.

export type ActionPage = {
  items: (ActionView)[];
  next: string | null;
};

export type ActionPreview = {
  effector: string;
  title: string;
  changes: (string)[];
  blastRadius: BlastRadius;
  obstacles: (string)[];
  destroysEvidence: boolean;
  expiry: "by_undo" | "by_itself" | "none";
  role: Role;
};

export type ActionState = "applying" | "in_force" | "lost" | "interrupted" | "undoing" | "done" | "failed" | "undone" | "expired";

export type ActionView = {
  id: string;
  effector: string;
  parameters: { [key: string]: unknown };
  state: ActionState;
  changes: (string)[];
  blastRadius: BlastRadius;
  message: string | null;
  failure: string | null;
  output: { [key: string]: unknown };
  reason: string;
  incidentId: string | null;
  requestedBy: Actor;
  host: string;
  requestedAt: string;
  appliedAt: string | null;
  verifiedAt: string | null;
  expiresAt: string | null;
  endedAt: string | null;
  endedBy: Actor | null;
  endReason: string | null;
  nextTryAt: string | null;
};

export type BlastRadius = {
  agents: (string)[];
  hosts: (string)[];
  services: (string)[];
  addresses: (string)[];
};

export type EffectorPage = {
  items: (EffectorView)[];
  next: string | null;
};

export type EffectorView = {
  name: string;
  title: string;
  destroysEvidence: boolean;
  expiry: "by_undo" | "by_itself" | "none";
  role: Role;
  missing: ({
    what: string;
    remedy: string;
  })[];
  parameters: { [key: string]: unknown };
};

export type Actor = {
  kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
  id: string;
  name: string;
};

export type StopState = "requested" | "acknowledged" | "verified_stopped" | "unverified" | "failed" | "unreachable";

export type StepState = "pending" | "running" | "waiting" | "succeeded" | "failed" | "denied" | "skipped" | "timed_out" | "unverified" | "undone" | "interrupted";

export type RunState = "pending" | "running" | "waiting" | "completed" | "completed_with_exceptions" | "failed" | "aborted" | "observed";

export type HoldScope = "global" | "pack" | "agent" | "session" | "tool";

export type HoldLevel = "deny" | "freeze" | "kill";

export type EventKind = "tool_call" | "command" | "prompt" | "model_output" | "auth" | "network" | "file" | "message" | "metric" | "heartbeat" | "lifecycle" | "transaction" | "log";

export type DeliveryState = "pending" | "sending" | "delivered" | "failed";

export type ClockKind = "respond" | "contain" | "resolve";

export type AgentRef = {
  pack?: string;
  id: string;
  session?: string;
  run?: string;
};

export type AgentView = {
  id: string;
  pack: string | null;
  firstSeenAt: string;
  lastSeenAt: string;
  holds: (Hold)[];
  session: SessionView | null;
};

export type AgentPage = {
  items: (AgentView)[];
  next: string | null;
};

export type AgentCoverage = {
  agentId: string;
  pack: string | null;
  lastSeenAt: string | null;
  level: "processes_and_calls" | "processes" | "calls" | "observed";
  summary: string;
  supervisor: {
    session: string;
    host: string;
    alive: boolean;
  } | null;
  gates: ({
    runtime: "claude-code" | "openclaw" | "mcp" | "sdk" | "openai-agents" | "ai" | "langchain";
    version: string | null;
    state: "reporting" | "silent" | "installed" | "changed" | "gone" | "unreadable";
    lastReportAt: string | null;
    place: string | null;
    installedAt: string | null;
    testedAt: string | null;
    testPassed: boolean | null;
  })[];
  enforced: (string)[];
  observedOnly: (string)[];
};

export type CoveragePage = {
  items: (AgentCoverage)[];
  next: string | null;
};

export type AlertView = {
  id: string;
  ruleId: string | null;
  source: string;
  kind: string;
  key: string;
  occurrence: number;
  title: string;
  level: string;
  severity: Severity;
  severityLabel: string;
  incidentType: IncidentType;
  status: "open" | "resolved";
  agentId: string | null;
  pack: string | null;
  sessionId: string | null;
  sentence: string;
  detail: unknown;
  firstEventAt: string;
  lastEventAt: string;
  occurrences: number;
  eventIds: (string)[];
  labels: { [key: string]: string };
  annotations: { [key: string]: string };
  links: ({
    href: string;
    text: string;
  })[];
  notes: (string)[];
  disposition: "undecided" | "incident" | "held";
  decision: ({
    stage: "normalise" | "deduplicate" | "group" | "inhibit" | "silence" | "maintenance" | "route" | "repeat" | "storm";
    reason: "as_sent" | "normalised" | "first" | "recurred" | "resolved_already" | "by_agent" | "by_sender" | "by_route" | "alone" | "not_inhibited" | "inhibited" | "spared" | "not_silenced" | "silenced" | "no_maintenance" | "in_maintenance" | "default_route" | "routed" | "kept_by_route" | "told_now" | "told_already" | "told_recently" | "rule_storm" | "wide_storm" | "agent_storm";
    by: string | null;
    until: string | null;
  })[];
  incidentId: string | null;
  createdAt: string;
  endsAt: string | null;
  staleSince: string | null;
  acknowledgedAt: string | null;
  acknowledgedBy: Actor | null;
  resolvedAt: string | null;
  resolvedBy: Actor | null;
  resolution: "sender" | "expired" | "person" | "incident" | "resumed" | "unknown" | null;
  falsePositive: FalsePositive | null;
};

export type AlertPage = {
  items: (AlertView)[];
  next: string | null;
};

export type ApprovalView = {
  id: string;
  kind: string;
  title: string;
  target: string | null;
  reason: string;
  arguments: { [key: string]: unknown };
  digest: string;
  preview: (string)[];
  checklist: (string)[];
  incidentId: string | null;
  requestedBy: Actor;
  requestedAt: string;
  expiresAt: string;
  role: Role;
  answersNeeded: number;
  answers: ({
    by: Actor;
    answer: "approved" | "denied";
    reason: string;
    at: string;
  })[];
  state: "pending" | "approved" | "denied" | "expired" | "used";
  decidedAt: string | null;
  usedAt: string | null;
  outcome: string | null;
  askedAgainAt: string | null;
  breakGlass: {
    by: Actor;
    reason: string;
    at: string;
  } | null;
  reviewed: {
    by: Actor;
    verdict: "justified" | "not_justified";
    note: string;
    at: string;
  } | null;
  refusal: string | null;
};

export type ApprovalPage = {
  items: (ApprovalView)[];
  next: string | null;
};

export type ReceiptSummary = {
  id: string;
  kind: "stop" | "resume";
  at: string;
  holdId: string;
  scope: HoldScope;
  target: string | null;
  level: HoldLevel;
  reason: string;
  by: Actor;
  incidentId: string | null;
  drill: boolean;
  verified: boolean | null;
  targets: number;
  slowestMs: number | null;
  contradictedAt: string | null;
};

export type ReceiptPage = {
  items: (ReceiptSummary)[];
  next: string | null;
};

export type RestoreView = {
  holdId: string;
  state: "running" | "done" | "halted";
  batches: (({
    scope: HoldScope;
    target: string;
    holdId: string | null;
  })[])[];
  released: number;
  nextAt: string | null;
  startedAt: string;
  problem: string | null;
};

export type SignedReceipt = {
  type: "firebreak.receipt.v1";
  payload: string;
  keyId: string;
  publicKey: string;
  signature: string;
};

export type ResumeNeeds = {
  holdId: string;
  persons: 1 | 2;
  why: string | null;
  checklist: (string)[];
  approvalId: string | null;
};

export type SilenceView = {
  id: string;
  kind: "silence" | "maintenance";
  state: "pending" | "active" | "waiting" | "expired";
  matchers: ({
    name: string;
    op: "=" | "!=" | "=~" | "!~";
    value: string;
  })[];
  matchersText: string;
  owner: string;
  reason: string;
  startsAt: string;
  endsAt: string;
  weekly: {
    days: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
    from: string;
    to: string;
    timeZone: string;
  } | null;
  activeUntil: string | null;
  mutesContainment: boolean;
  holding: number;
  replaces: string | null;
  createdBy: Actor;
  createdAt: string;
  expiredAt: string | null;
  expiredBy: Actor | null;
  expireReason: string | null;
};

export type SilencePage = {
  items: (SilenceView)[];
  next: string | null;
};

export type SilencePreview = {
  openAlerts: number;
  matched: number;
  containing: number;
  warnings: (string)[];
  sample: (AlertView)[];
};

export type AuditView = {
  seq: number;
  at: string;
  actor: Actor;
  action: string;
  target: string | null;
  leafHash: string;
  leaf: string;
};

export type AuditPage = {
  items: (AuditView)[];
  next: string | null;
};

export type AuditHeadView = {
  size: number;
  checkpoint: string;
};

export type AuditHeadPage = {
  items: (AuditHeadView)[];
  next: string | null;
};

export type AuditLogView = {
  origin: string;
  size: number;
  checkpoint: string;
  signedAt: string;
  keys: (string)[];
  keyChanges: (string)[];
  shipments: ({
    name: string;
    kind: "file" | "http" | "email" | "git" | "s3";
    place: string;
    size: number;
    shippedAt: string | null;
    problem: string | null;
    failingSince: string | null;
    remedy: string | null;
    nextTryAt: string | null;
    isLate: boolean;
  })[];
  witnessed: {
    required: number;
    checkpoint: string | null;
    size: number;
    witnesses: ({
      name: string;
      size: number;
      cosignedAt: string | null;
      url: string | null;
      problem: string | null;
      failingSince: string | null;
      contradicts: boolean;
      remedy: string | null;
    })[];
  } | null;
  checking: {
    done: number;
    size: number;
  } | null;
  lastCheck: {
    at: string;
    intact: boolean;
    entries: number;
    findings: (string)[];
  } | null;
};

export type AuditTileView = {
  hashes: string;
};

export type AuditEntriesView = {
  entries: (string | null)[];
};

export type AuditProofView = {
  index: number;
  proof: string;
  entry: string;
};

export type AuditVerdictView = {
  intact: boolean;
  origin: string | null;
  size: number;
  root: string | null;
  heads: number;
  witnessed: {
    size: number;
    witnesses: (string)[];
  } | null;
  findingsTotal: number;
  findings: ({
    code: string;
    message: string;
    from?: number;
    to?: number;
  })[];
  deletedTotal: number;
  deletions: ({
    record: number;
    at: string;
    policy: string;
    entries: number;
  })[];
  tableFindings: ({
    code: string;
    message: string;
    table: string;
    seq: number;
  })[];
};

export type RotatedKeyView = {
  from: string;
  to: string;
  change: string;
  overlapUntil: string;
};

export type ShipmentList = {
  items: ({
    name: string;
    kind: "file" | "http" | "email" | "git" | "s3";
    place: string;
    size: number;
    shippedAt: string | null;
    problem: string | null;
    failingSince: string | null;
    remedy: string | null;
    nextTryAt: string | null;
    isLate: boolean;
  })[];
};

export type CosignaturesView = {
  witnesses: (string)[];
};

export type ChangeView = {
  id: string;
  source: string;
  at: string;
  summary: string;
  origin: string | null;
  links: ({
    href: string;
    text: string;
  })[];
  detail: { [key: string]: unknown };
};

export type ChangePage = {
  items: (ChangeView)[];
  next: string | null;
};

export type ClockView = {
  kind: ClockKind;
  startedAt: string;
  dueAt: string;
  stoppedAt: string | null;
  breached: boolean;
};

export type CollectionView = {
  id: string;
  state: "running" | "sealed" | "interrupted" | "failed";
  incidentId: string | null;
  agentId: string | null;
  sessionId: string | null;
  level: "quick" | "standard" | "full" | null;
  reason: string;
  startedBy: string;
  startedAt: string;
  endsBy: string | null;
  done: number;
  total: number;
  current: string | null;
  items: number;
  bytes: number;
  completeness: {
    collected: number;
    degraded: number;
    failed: number;
    gaps: ({
      name: string;
      status: "degraded" | "failed";
      reason: string;
    })[];
  } | null;
  problem: string | null;
};

export type CollectionPage = {
  items: (CollectionView)[];
  next: string | null;
};

export type DeliveryView = {
  id: string;
  incidentId: string | null;
  channel: string;
  channelKind: "webhook" | "email";
  template: string;
  subject: string;
  state: DeliveryState;
  attempts: number;
  lastError: string | null;
  receipt: string | null;
  createdAt: string;
  updatedAt: string;
  deliveredAt: string | null;
};

export type DeliveryPage = {
  items: (DeliveryView)[];
  next: string | null;
};

export type EventView = {
  seq: number;
  id: string;
  time: string;
  receivedTime: string;
  source: string;
  agent: AgentRef;
  kind: EventKind;
  outcome: string;
  risk: string | null;
  resource: string | null;
  data: { [key: string]: unknown };
  redacted: (RedactionFact)[];
  indicators: (IndicatorHit)[];
};

export type DetectionView = {
  state: "stopped" | "warming" | "active" | "standby";
  position: number;
  durablePosition: number;
  silenceJudgedUntil: string | null;
  engine: {
    events: number;
    matches: number;
    groups: number;
    entries: number;
    evictedGroups: number;
    droppedEntries: number;
    lateEvents: number;
    clampedTimes: number;
    ungroupedEvents: number;
    truncatedValues: number;
    exhaustedRegexes: number;
  } | null;
  restarts: number;
  problem: string | null;
  unjudged: number;
};

export type EventPage = {
  items: (EventView)[];
  next: string | null;
  searchedBackTo: string | null;
};

export type EvidenceCustodyPage = {
  items: ({
    line: number;
    at: string;
    act: "collected" | "sealed" | "verified" | "read" | "exported" | "transferred" | "stored" | "restored" | "held" | "released" | "deleted";
    actor: string;
    reason: string;
    from: string | null;
    to: string | null;
  })[];
  next: string | null;
};

export type EvidenceManifestView = {
  id: string;
  collector: string;
  hostname: string;
  platform: string;
  startedAt: string;
  completedAt: string;
  reason: string;
  manifestSha256: string;
  states: {
    collected: number;
    degraded: number;
    failed: number;
  };
  items: ({
    index: number;
    name: string;
    description: string;
    state: "collected" | "degraded" | "failed";
    reason: string | null;
    sha256: string | null;
    bytes: number;
    collectedAt: string;
  })[];
  next: number | null;
};

export type EvidencePreview = {
  name: string;
  kind: "text" | "json" | "hex";
  text: string;
  offset: number;
  bytes: number;
  bytesTotal: number;
  next: number | null;
};

export type EvidenceVerification = {
  id: string;
  intact: boolean;
  findings: ({
    item: string;
    message: string;
  })[];
  items: number;
  manifestSha256: string;
  signedBy: string;
};

export type EvidenceView = {
  id: string;
  incidentId: string | null;
  sessionId: string | null;
  agentId: string | null;
  reason: string;
  directory: string;
  manifestSha256: string;
  items: number;
  degradedItems: number;
  failedItems: number;
  bytes: number;
  collectedAt: string;
  collectedBy: Actor;
  seal: string | null;
  verified: {
    at: string;
    intact: boolean;
  } | null;
  copy: {
    place: string;
    state: "waiting" | "stored" | "failed" | "deleting";
    objects: number;
    bytes: number;
    locked: boolean;
    legalHold: "off" | "setting" | "on" | "refused";
    attempts: number;
    lastError: string | null;
    storedAt: string | null;
  } | null;
};

export type EvidencePage = {
  items: (EvidenceView)[];
  next: string | null;
};

export type HealthView = {
  status: "ok" | "failing";
  version: string;
  uptimeSeconds: number;
  canary: "off" | "waiting" | "ok" | "failing";
};

export type Hold = {
  id: string;
  epoch: number;
  scope: HoldScope;
  target: string | null;
  level: HoldLevel;
  reason: string;
  actor: Actor;
  incidentId: string | null;
  at: string;
  expiresAt: string | null;
};

export type IncidentDetail = {
  id: string;
  title: string;
  type: IncidentType;
  severity: Severity;
  severityLabel: string;
  state: IncidentState;
  agentId: string | null;
  pack: string | null;
  sessionId: string | null;
  commander: string | null;
  openedAt: string;
  updatedAt: string;
  clocks: (ClockView)[];
  summary: string | null;
  rootCause: string | null;
  profile: string;
  beganAt: string;
  detectedAt: string;
  acknowledgedAt: string | null;
  containedAt: string | null;
  resolvedAt: string | null;
  closedAt: string | null;
  tripToStopMs: number | null;
  storm: StormView | null;
  allowedStates: (IncidentState)[];
  timeline: (TimelineEntry)[];
  alerts: (AlertView)[];
  runs: (RunView)[];
  stops: ({
    stopId: string;
    hold: Hold;
    requestedAt: string;
    completedAt: string;
    verified: boolean;
    serverReachable: boolean;
    results: (StopResult)[];
    escalation?: {
      askAt: string;
      forceAt: string;
    };
    contradictedAt: string | null;
  })[];
  holds: (Hold)[];
  evidence: (EvidenceView)[];
  deliveries: (DeliveryView)[];
  hasReview: boolean;
};

export type IncidentState = "detected" | "triaged" | "contained" | "eradicated" | "recovering" | "resolved" | "reviewed" | "closed" | "merged" | "false_positive";

export type IncidentSummary = {
  id: string;
  title: string;
  type: IncidentType;
  severity: Severity;
  severityLabel: string;
  state: IncidentState;
  agentId: string | null;
  pack: string | null;
  sessionId: string | null;
  commander: string | null;
  openedAt: string;
  updatedAt: string;
  clocks: (ClockView)[];
};

export type IncidentPage = {
  items: (IncidentSummary)[];
  next: string | null;
};

export type StormAgentPage = {
  items: ({
    agentId: string;
    joinedAt: string;
    alerts: number;
    decision: "deciding" | "observed" | "waiting" | "applying" | "applied" | "failed" | "denied" | "expired" | null;
  })[];
  next: string | null;
};

export type StormView = {
  beganAt: string;
  lastJoinedAt: string;
  endedAt: string | null;
  alerts: number;
  agents: number;
  rules: ({
    ruleId: string | null;
    title: string;
    alerts: number;
  })[];
  decisions: ({
    state: "deciding" | "observed" | "waiting" | "applying" | "applied" | "failed" | "denied" | "expired";
    agents: number;
  })[];
};

export type IncidentType = "agent_runaway" | "agent_incorrect_output" | "agent_rate_limit" | "agent_authorization" | "system_outage" | "system_corruption" | "system_integration" | "security_pii_exposure" | "security_unauthorized_access" | "security_credential_compromise" | "security_malicious_code" | "security_exfiltration" | "security_supply_chain" | "value_wallet" | "value_transactions" | "value_balance" | "other";

export type IndicatorHit = {
  id: string;
  type: "ip" | "cidr" | "domain" | "url" | "hash" | "email" | "file_name" | "file_path" | "wallet" | "pattern";
  value: string;
  source: string;
  severity: Severity;
  path: string;
};

export type IndicatorView = {
  id: string;
  effect: "match" | "allow";
  type: "ip" | "cidr" | "domain" | "url" | "hash" | "email" | "file_name" | "file_path" | "wallet" | "pattern";
  value: string;
  source: string;
  severity: Severity;
  description: string | null;
  confidence: number | null;
  tlp: "clear" | "green" | "amber" | "amber+strict" | "red" | null;
  createdBy: string;
  createdAt: string;
  updatedAt: string;
  expiresAt: string | null;
};

export type IndicatorPage = {
  items: (IndicatorView)[];
  next: string | null;
};

export type Policy = {
  epoch: number | null;
  hash: string | null;
  rules: ({
    id: string;
    title: string;
    mode: "enforce" | "warn" | "monitor";
    file: string;
    line: number;
  })[];
  budgets: ({
    name: string;
    mode: "enforce" | "warn" | "monitor";
    per: string;
    window: string;
    limits: string;
  })[];
  breakers: ({
    name: string;
    mode: "enforce" | "warn" | "monitor";
    per: string;
    opensOn: string;
    openForMs: number;
  })[];
  concurrency: ({
    name: string;
    mode: "enforce" | "warn" | "monitor";
    per: string;
    max: number;
  })[];
  throttle: Throttle | null;
  problems: (RuleFault)[];
};

export type Throttle = {
  level: string;
  maxConcurrent: number | null;
  delayMs: number;
  reason: string;
  until: string;
};

export type Budget = {
  budget: string;
  per: "agent" | "pack" | "host";
  subject: string;
  metric: "calls" | "tokens" | "money" | "value";
  window: "minute" | "hour" | "day";
  windowStart: string;
  windowEnd: string;
  limit: number;
  taken: number;
  exhausted: boolean;
  inForce: boolean;
  reset: {
    by: string;
    at: string;
  } | null;
};

export type BudgetPage = {
  items: (Budget)[];
  next: string | null;
};

export type ResetBudgetRequest = {
  budget: string;
  subject: string;
  metric?: "calls" | "tokens" | "money" | "value";
  reason: string;
};

export type Breaker = {
  breaker: string;
  per: "agent" | "tool" | "integration";
  subject: string;
  state: "closed" | "open" | "half_open" | "isolated";
  since: string | null;
  reason: string | null;
  by: string | null;
  probeFrom: string | null;
  inForce: boolean;
};

export type BreakerPage = {
  items: (Breaker)[];
  next: string | null;
};

export type BreakerRequest = {
  breaker: string;
  subject: string;
  reason: string;
};

export type IndicatorReceipt = {
  added: number;
  renewed: number;
  rejected: ({
    place: string;
    message: string;
  })[];
  rejectedTotal: number;
};

export type ExtractedIndicators = {
  items: ({
    type: "ip" | "cidr" | "domain" | "url" | "hash" | "email" | "file_name" | "file_path" | "wallet" | "pattern";
    value: string;
    count: number;
    line: number;
    defanged: boolean;
  })[];
  truncated: boolean;
};

export type IndicatorScan = {
  id: string;
  state: "pending" | "running" | "done" | "failed" | "cancelled";
  target: {
    kind: "events";
    since?: string;
    until?: string;
    agents?: (string)[];
    packs?: (string)[];
  } | {
    kind: "evidence";
    archives?: (string)[];
  } | {
    kind: "folder";
    path: string;
  };
  automatic: boolean;
  alert: boolean;
  requestedBy: {
    kind: string;
    name: string;
  };
  requestedAt: string;
  startedAt: string | null;
  endedAt: string | null;
  indicators: number;
  examined: number;
  bytes: number;
  share: number;
  hits: number;
  alerts: number;
  skipped: ({
    place: string;
    reason: string;
  })[];
  skippedTotal: number;
  problem: string | null;
};

export type IndicatorScanPage = {
  items: (IndicatorScan)[];
  next: string | null;
};

export type IndicatorScanHit = {
  indicatorId: string;
  type: "ip" | "cidr" | "domain" | "url" | "hash" | "email" | "file_name" | "file_path" | "wallet" | "pattern";
  value: string;
  source: string;
  severity: Severity;
  place: string;
  agentId: string | null;
  sessionId: string | null;
  archiveId: string | null;
  count: number;
  live: number;
  firstAt: string | null;
  lastAt: string | null;
  path: string;
  samples: (number)[];
  alertId: string | null;
};

export type IndicatorScanHitPage = {
  items: (IndicatorScanHit)[];
  next: string | null;
};

export type IntakeReceipt = {
  accepted: number;
  duplicates: number;
  rejected: ({
    line: number;
    message: string;
  })[];
  rejectedTotal: number;
};

export type ExportedDocument = {
  filename: string;
  mediaType: string;
  encoding: "utf8" | "base64";
  content: string;
  sha256: string;
  entries: number;
  isCut: boolean;
};

export type ImpactStatement = {
  id: string;
  section: "dwell" | "blast_radius" | "data" | "credentials" | "reach" | "outflow" | "persistence" | "cost";
  kind: string;
  subject: string;
  text: string;
  certainty: "observed" | "inferred" | "attempted" | "possible";
  why: string;
  classes: ("personal" | "financial" | "health" | "secret")[];
  figures: { [key: string]: number };
  events: ({
    ref: string;
    id: string;
    at: string;
  })[];
  eventCount: number;
  links: ({
    kind: "event" | "alert" | "stop" | "receipt" | "evidence" | "session" | "run" | "action" | "approval" | "delivery" | "hold" | "audit" | "incident";
    id: string;
  })[];
};

export type ImpactView = {
  incidentId: string;
  version: number;
  computedAt: string;
  computedBy: Actor;
  sha256: string;
  from: string;
  to: string;
  eventsRead: number;
  limits: (string)[];
  statements: (ImpactStatement)[];
  graph: {
    nodes: ({
      id: string;
      kind: "agent" | "host" | "system" | "account" | "tool";
      label: string;
      isInternal: boolean | null;
    })[];
    edges: ({
      from: string;
      to: string;
      kind: "runs_on" | "contacted" | "signed_in" | "messaged" | "used";
      certainty: "observed" | "inferred" | "attempted" | "possible";
      events: number;
      bytes: number;
    })[];
  };
  regulatory: ({
    id: string;
    regime: string;
    duty: string;
    clockStart: string;
    clockFrom: string;
    dueAt: string | null;
    fact: string;
    certainty: "observed" | "inferred" | "attempted" | "possible";
    statements: (string)[];
  })[];
  versions: ({
    version: number;
    computedAt: string;
  })[];
};

export type InvestigationEntry = {
  ref: string;
  at: string;
  sourceTime: string;
  receivedTime: string | null;
  correctionMs: number;
  source: "telemetry" | "session" | "alert" | "state" | "note" | "stop" | "action" | "approval" | "playbook" | "notification" | "evidence" | "change" | "act" | "gap";
  kind: string;
  from: string;
  actor: Actor | null;
  agentId: string | null;
  sessionId: string | null;
  text: string;
  outcome: string | null;
  risk: string | null;
  redacted: (RedactionCategory)[];
  links: ({
    kind: "event" | "alert" | "stop" | "receipt" | "evidence" | "session" | "run" | "action" | "approval" | "delivery" | "hold" | "audit" | "incident";
    id: string;
  })[];
  leafHash: string | null;
  pinned: boolean;
  hidden: boolean;
  annotations: ({
    text: string;
    actor: Actor;
    at: string;
  })[];
};

export type InvestigationTimeline = {
  incidentId: string;
  from: string;
  to: string;
  agents: (string)[];
  events: number;
  clocks: ({
    agentId: string;
    source: string;
    events: number;
    medianMs: number;
    lowMs: number;
    highMs: number;
    state: "in_step" | "corrected" | "unsteady";
    correctionMs: number;
  })[];
  items: (InvestigationEntry)[];
  next: string | null;
};

export type KillswitchView = {
  epoch: number;
  holds: (Hold)[];
  journalHealthy: boolean;
  history: ({
    id: string;
    epoch: number;
    scope: HoldScope;
    target: string | null;
    level: HoldLevel;
    reason: string;
    actor: Actor;
    incidentId: string | null;
    at: string;
    expiresAt: string | null;
    releasedAt: string | null;
    releasedBy: Actor | null;
    releaseReason: string | null;
  })[];
  resumes: (ResumeNeeds)[];
  policy: {
    file: string | null;
    globalRole: Role;
    packRole: Role;
    confirmation: string | null;
    criticalPacks: (string)[];
    confirmCriticalPacks: boolean;
  };
  canary: {
    state: "off" | "waiting" | "ok" | "failing";
    at: string | null;
    freezeMs: number | null;
    killMs: number | null;
    problem: string | null;
    everySeconds: number;
    limitMs: number;
  };
  restores: (RestoreView)[];
};

export type LiveMessage = {
  topic: "incident" | "alert" | "silence" | "policy" | "hold" | "approval" | "agent" | "run" | "delivery" | "evidence" | "source" | "reaction" | "replay" | "indicator_scan" | "action" | "retention";
  id: string;
};

export type MeView = {
  actor: Actor;
  access: Role | "agent";
  passwordNeeded: boolean;
  profile: string;
  version: string;
};

export type NewSessionView = {
  session: SessionView;
  token: string;
};

export type NewSourceView = {
  source: SourceView;
  key: string;
  setup: string;
};

export type NewTokenView = {
  id: string;
  name: string;
  access: Role | "agent";
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
  token: string;
};

export type Overview = {
  severityLabels: { [key: string]: string };
  openIncidents: (IncidentSummary)[];
  openAlerts: number;
  pendingApprovals: number;
  holds: (Hold)[];
  canary: {
    state: "off" | "waiting" | "ok" | "failing";
    at: string | null;
    freezeMs: number | null;
    killMs: number | null;
    problem: string | null;
    everySeconds: number;
    limitMs: number;
  };
  agents: {
    running: number;
    frozen: number;
    lost: number;
    total: number;
  };
  failedDeliveries: number;
  eventsLastHour: number;
  ruleErrors: ({
    file: string;
    line: number;
    message: string;
    remedy: string;
  })[];
  nextSteps: ({
    text: string;
    href: string;
  })[];
};

export type PlaybookView = {
  id: string;
  title: string;
  description: string;
  file: string;
  hash: string;
  version: number;
  severity: Severity | null;
  appliesTo: {
    rules: (string)[];
    incidentTypes: (IncidentType)[];
    severities: (Severity)[];
  };
  inputs: ({
    name: string;
    type: "string" | "number" | "boolean" | "list";
    description: string | null;
    required: boolean;
    default: unknown;
  })[];
  steps: ({
    id: string;
    phase: string;
    title: string;
    type: "action" | "verify" | "manual" | "approval" | "decision" | "parallel" | "for-each" | "wait" | "sub-playbook";
  })[];
  problems: ({
    level: "error" | "warning";
    file: string;
    line: number;
    column: number;
    message: string;
    remedy: string;
  })[];
  lastProven: {
    drillId: string;
    at: string;
    hash: string;
    version: number;
    seconds: number;
    result: "passed" | "passed_in_part";
    stale: boolean;
  } | null;
  lastDrill: {
    drillId: string;
    at: string;
    result: "passed" | "passed_in_part" | "failed" | "not_run";
  } | null;
  drillOverdue: boolean;
};

export type ProvenPlaybookDetail = {
  id: string;
  title: string;
  description: string;
  file: string;
  hash: string;
  version: number;
  severity: Severity | null;
  appliesTo: {
    rules: (string)[];
    incidentTypes: (IncidentType)[];
    severities: (Severity)[];
  };
  inputs: ({
    name: string;
    type: "string" | "number" | "boolean" | "list";
    description: string | null;
    required: boolean;
    default: unknown;
  })[];
  runnable: boolean;
  roles: ({
    id: string;
    title: string;
    access: string;
    duty: string | null;
  })[];
  locks: (string)[];
  onLocked: "wait" | "refuse";
  phases: ({
    id: string;
    timeBox: string | null;
  })[];
  steps: (PlaybookStep)[];
  outputs: ({
    name: string;
    expression: string;
  })[];
  text: string;
  problems: ({
    level: "error" | "warning";
    file: string;
    line: number;
    column: number;
    message: string;
    remedy: string;
  })[];
  versions: ({
    hash: string;
    runs: number;
    firstAt: string;
    lastAt: string;
  })[];
  lastProven: {
    drillId: string;
    at: string;
    hash: string;
    version: number;
    seconds: number;
    result: "passed" | "passed_in_part";
    stale: boolean;
  } | null;
  lastDrill: {
    drillId: string;
    at: string;
    result: "passed" | "passed_in_part" | "failed" | "not_run";
  } | null;
  drillOverdue: boolean;
};

export type PlaybookStep = {
  id: string;
  title: string;
  type: "action" | "verify" | "manual" | "approval" | "decision" | "parallel" | "for-each" | "wait" | "sub-playbook";
  phase: string;
  line: number;
  parent: string | null;
  option: string | null;
  depth: number;
  groups: ({
    id: string;
    label: string;
    when: string | null;
    severity: Severity | null;
  })[];
  when: string | null;
  timeBox: string;
  onFailure: "stop" | "continue" | "fail_at_end";
  onTimeout: "stop" | "continue" | "fail_at_end";
  required: boolean;
  retries: number;
  effector: string | null;
  with: { [key: string]: unknown };
  destroysEvidence: boolean;
  onlyReads: boolean;
  undo: "none" | "auto" | null;
  approval: {
    role: string | null;
    people: number;
    expiresAfter: string;
    checklist: (string)[];
  } | null;
  role: string | null;
  remindAfter: string | null;
  escalateTo: string | null;
  text: string | null;
  checklist: (string)[];
  capture: ({
    name: string;
    label: string;
    type: "string" | "number" | "boolean";
    required: boolean;
  })[];
  expect: string | null;
  of: string | null;
  in: string | null;
  atOnce: number | null;
  otherwise: string | null;
  waitFor: string | null;
  waitEvery: string | null;
  signal: string | null;
  playbook: string | null;
};

export type PlaybookDetail = {
  id: string;
  title: string;
  description: string;
  file: string;
  hash: string;
  version: number;
  severity: Severity | null;
  appliesTo: {
    rules: (string)[];
    incidentTypes: (IncidentType)[];
    severities: (Severity)[];
  };
  inputs: ({
    name: string;
    type: "string" | "number" | "boolean" | "list";
    description: string | null;
    required: boolean;
    default: unknown;
  })[];
  runnable: boolean;
  roles: ({
    id: string;
    title: string;
    access: string;
    duty: string | null;
  })[];
  locks: (string)[];
  onLocked: "wait" | "refuse";
  phases: ({
    id: string;
    timeBox: string | null;
  })[];
  steps: (PlaybookStep)[];
  outputs: ({
    name: string;
    expression: string;
  })[];
  text: string;
  problems: ({
    level: "error" | "warning";
    file: string;
    line: number;
    column: number;
    message: string;
    remedy: string;
  })[];
  versions: ({
    hash: string;
    runs: number;
    firstAt: string;
    lastAt: string;
  })[];
};

export type RefusedPlaybook = {
  id: string;
  file: string;
  problems: ({
    level: "error" | "warning";
    file: string;
    line: number;
    column: number;
    message: string;
    remedy: string;
  })[];
};

export type StepPreview = {
  id: string;
  parent: string | null;
  option: string | null;
  phase: string;
  title: string;
  type: "action" | "verify" | "manual" | "approval" | "decision" | "parallel" | "for-each" | "wait" | "sub-playbook";
  when: string | null;
  timeBox: string;
  required: boolean;
  asks: {
    kind: "manual" | "decision" | "approval";
    what: string;
    role: string | null;
    access: "responder" | "commander" | "admin";
    people: number;
    checklist: (string)[];
    escalateTo: string | null;
  } | null;
  doing: string;
  effector: string | null;
  input: { [key: string]: unknown };
  changes: (string)[];
  touches: (string)[];
  obstacles: (string)[];
  note: string;
  destroysEvidence: boolean;
  undo: "none" | "auto" | null;
  stays: string | null;
};

export type RunPreview = {
  playbookId: string;
  hash: string;
  incidentId: string | null;
  steps: (StepPreview)[];
  asks: ({
    kind: "manual" | "decision" | "approval";
    what: string;
    role: string | null;
    access: "responder" | "commander" | "admin";
    people: number;
    checklist: (string)[];
    escalateTo: string | null;
    stepId: string;
    title: string;
  })[];
  cannotUndo: ({
    stepId: string;
    title: string;
    why: string;
  })[];
  locks: (string)[];
  lockedBy: string | null;
};

export type PlaybookLibrary = {
  items: (PlaybookView)[];
  next: string | null;
  refused: (RefusedPlaybook)[];
};

export type PlaybookImport = {
  playbooks: ({
    id: string;
    title: string;
    fromLine: number;
    toLine: number;
    steps: number;
    yaml: string;
    problems: ({
      level: "error" | "warning";
      line: number;
      column: number;
      message: string;
      remedy: string;
    })[];
  })[];
  lines: ({
    from: number;
    to: number;
    became: "playbook" | "phase" | "heading" | "step" | "decision" | "note" | "contact" | "severity" | "contents" | "separator";
    understood: boolean;
    playbook: string | null;
    step: string | null;
    effector: string | null;
    detail: string;
  })[];
  warnings: ({
    line: number;
    code: string;
    message: string;
    remedy: string;
  })[];
  added: ({
    playbook: string;
    step: string;
    note: string;
  })[];
  contacts: ({
    role: string;
    detail: string;
    line: number;
  })[];
  severities: ({
    label: string;
    severity: number;
    detail: string;
    line: number;
  })[];
};

export type ProcessIdentity = {
  pid: number;
  startTime: string;
  command: string;
  state: string;
};

export type ReadinessView = {
  status: "ready" | "not_ready";
  checks: ({
    name: string;
    ok: boolean;
    message: string;
  })[];
};

export type RefusalView = {
  id: string;
  at: string;
  source: string | null;
  endpoint: string;
  reason: string;
  summary: string;
};

export type RefusalPage = {
  items: (RefusalView)[];
  next: string | null;
};

export type RedactionFact = {
  category: RedactionCategory;
  type: string;
  path: string;
  count: number;
  kept?: true;
};

export type RedactionCategory = "KEY" | "PWD" | "SSN" | "CC" | "BANK" | "EMAIL" | "PHONE" | "ADDR" | "NAME" | "DOB" | "IP" | "USER" | "LOC" | "CUSTOM";

export type ErasurePage = {
  items: (ErasureView)[];
  next: string | null;
};

export type ErasurePreview = {
  keys: number;
  originals: number;
  agents: number;
  categories: (RedactionCategory)[];
  firstDay: string | null;
  lastDay: string | null;
  heldBy: (string)[];
};

export type ErasureView = {
  id: string;
  at: string;
  by: Actor;
  reason: string;
  scope: {
    agent?: string;
    categories?: (RedactionCategory)[];
    since?: string;
    before?: string;
  };
  keys: number;
};

export type KeyRotationView = {
  keyId: string;
  rewrapped: number;
  retired: (string)[];
};

export type OriginalsView = {
  eventId: string;
  time: string;
  items: ({
    category: RedactionCategory;
    state: OriginalState;
    erasure: ErasureView | null;
  })[];
  reveals: ({
    at: string;
    by: Actor;
    reason: string;
    categories: (RedactionCategory)[];
  })[];
  refusal: string | null;
};

export type OriginalState = "kept" | "erased" | "locked" | "missing";

export type RevealView = {
  eventId: string;
  values: ({
    category: RedactionCategory;
    type: string;
    path: string;
    text: string;
  })[];
  unreadable: ({
    category: RedactionCategory;
    problem: string;
  })[];
  left: number;
};

export type ResumeReceipt = {
  hold: Hold;
  releasedAt: string | null;
  approval: ApprovalView | null;
  resumed: ({
    sessionId: string;
    agentId: string;
    state: string;
  })[];
};

export type ReviewView = {
  incidentId: string;
  markdown: string;
  draftedAt: string;
  dueAt: string;
};

export type Role = "viewer" | "responder" | "commander" | "admin";

export type ExplainedLine = {
  depth: number;
  holds: boolean;
  kind: "all" | "any" | "atLeast" | "not" | "selection" | "filter" | "test";
  what: string;
  omitted: number;
  test: {
    field: string;
    modifier: string;
    isPresent: boolean;
    values: (string)[];
    patterns: ({
      pattern: string;
      holds: boolean;
    })[];
  } | null;
};

export type ExplanationView = {
  ruleId: string;
  title: string;
  level: string;
  kind: "selection" | "correlation";
  logsource: { [key: string]: string } | null;
  matched: boolean;
  events: ({
    index: number;
    matched: boolean;
    presentations: ({
      logsource: { [key: string]: string };
      covered: boolean;
      holds: boolean;
      lines: (ExplainedLine)[];
    })[];
  })[];
  correlation: {
    type: string;
    condition: string;
    groupBy: (string)[];
    timespanMs: number;
    rules: (string)[];
    steps: ({
      index: number;
      ruleId: string;
      at: string;
      outcome: "counted" | "reported" | "late" | "no_group";
      groupBy: { [key: string]: string };
      count: number;
    })[];
  } | null;
};

export type FalsePositive = {
  reason: string;
  by: Actor;
  at: string;
};

export type ReactionPage = {
  items: (ReactionView)[];
  next: string | null;
};

export type ReactionView = {
  id: string;
  rule: string;
  title: string;
  mode: "observe" | "ask" | "act";
  state: "deciding" | "observed" | "waiting" | "applying" | "applied" | "failed" | "denied" | "expired";
  kind: "effector" | "playbook";
  what: string;
  target: string;
  parameters: { [key: string]: unknown };
  changes: (string)[];
  blastRadius: {
    agents: (string)[];
    hosts: (string)[];
    services: (string)[];
    addresses: (string)[];
  };
  agentId: string | null;
  sessionId: string | null;
  incidentId: string | null;
  alertId: string | null;
  rail: "self" | "late" | "quiet" | "evidence" | "rule_hour" | "hour" | "fleet" | null;
  railReason: string | null;
  message: string | null;
  approvalId: string | null;
  actionId: string | null;
  runId: string | null;
  at: string;
  updatedAt: string;
};

export type ContainmentView = {
  rules: ({
    name: string;
    origin: "containment" | "detectors" | "playbooks";
    mode: "observe" | "ask" | "act";
    kind: "effector" | "playbook";
    what: string;
    trigger: string;
    problem: string | null;
    counts: {
      observed: number;
      acted: number;
      asked: number;
      held: number;
      failed: number;
      agents: number;
    };
  })[];
  limits: {
    actionsPerHour: number;
    actionsPerRulePerHour: number;
    fleetShare: number;
    quietMinutes: number;
    lateMinutes: number;
  };
  used: {
    actionsThisHour: number;
    agentsThisHour: number;
    agentsActive: number;
    agentsAllowed: number;
  };
  waiting: number;
};

export type ContainmentReport = {
  from: string;
  to: string;
  rules: ({
    observed: number;
    acted: number;
    asked: number;
    held: number;
    failed: number;
    agents: number;
    name: string;
    title: string;
    what: string;
    mode: "observe" | "ask" | "act";
    rails: { [key: string]: number };
  })[];
  blastRadius: {
    agents: (string)[];
    hosts: (string)[];
    services: (string)[];
    addresses: (string)[];
  };
  reactions: (ReactionView)[];
  total: number;
};

export type GuardView = {
  host: string;
  state: "starting" | "watching" | "blind" | "off";
  problem: string | null;
  level: "normal" | "warn" | "critical" | "emergency";
  since: string;
  sampledAt: string | null;
  cores: number;
  memoryBytes: number;
  diskFreeBytes: number | null;
  measures: ({
    name: "cpu" | "memory" | "disk";
    percent: number;
    level: "normal" | "warn" | "critical" | "emergency";
    since: string;
    trend: "rising" | "steady" | "falling";
    of: "host" | "container";
  })[];
  history: ({
    at: string;
    cpu: number;
    memory: number;
    disk: number;
  })[];
  throttle: {
    maxConcurrent: number;
    delayMs: number;
    reason: string;
  } | null;
  stops: ({
    at: string;
    agentId: string;
    sessionId: string;
    effector: string;
    state: string;
  })[];
  top: {
    at: string | null;
    cpu: ({
      pid: number;
      name: string;
      commandLine: string;
      cpuPercent: number;
      memoryBytes: number;
      agentId: string | null;
      sessionId: string | null;
    })[];
    memory: ({
      pid: number;
      name: string;
      commandLine: string;
      cpuPercent: number;
      memoryBytes: number;
      agentId: string | null;
      sessionId: string | null;
    })[];
  };
};

export type ReplayPage = {
  items: (ReplaySummary)[];
  next: string | null;
};

export type ReplayResult = {
  events: number;
  matches: number;
  truncated: boolean;
  seconds: number;
  bucketMs: number;
  buckets: number;
  rulesAsked: number;
  rules: ({
    id: string;
    title: string;
    level: string;
    matches: number;
    perDay: number;
    firstAt: string | null;
    lastAt: string | null;
    new: number;
    same: number;
    lost: number;
    buckets: ({
      bucket: number;
      matches: number;
      alerts: number;
    })[];
    agents: ({
      value: string;
      count: number;
    })[];
    values: ({
      value: string;
      count: number;
    })[];
  })[];
  rulesOmitted: number;
  findings: ({
    status: "new" | "same" | "lost";
    ruleId: string;
    agentId: string | null;
    sessionId: string | null;
    at: string;
    afterFirstEventMs: number | null;
    alertId: string | null;
    matches: number;
    sentence: string;
  })[];
  findingsOmitted: number;
  errors: (RuleFault)[];
};

export type ReplayState = "pending" | "running" | "done" | "failed" | "cancelled";

export type ReplaySummary = {
  id: string;
  state: ReplayState;
  from: string;
  to: string;
  ruleIds: (string)[] | null;
  ruleFiles: number | null;
  requestedBy: Actor;
  requestedAt: string;
  startedAt: string | null;
  endedAt: string | null;
  progress: {
    events: number;
    matches: number;
    share: number;
  };
  problem: string | null;
};

export type ReplayView = {
  id: string;
  state: ReplayState;
  from: string;
  to: string;
  ruleIds: (string)[] | null;
  ruleFiles: number | null;
  requestedBy: Actor;
  requestedAt: string;
  startedAt: string | null;
  endedAt: string | null;
  progress: {
    events: number;
    matches: number;
    share: number;
  };
  problem: string | null;
  result: ReplayResult | null;
};

export type RuleCasesView = {
  results: ({
    name: string;
    passed: boolean;
    command: string | null;
    expected: { [key: string]: number };
    got: { [key: string]: number };
  })[];
  problems: (string)[];
};

export type RuleDetail = {
  id: string;
  title: string;
  level: string;
  status: string | null;
  file: string;
  line: number;
  kind: "selection" | "correlation";
  description: string;
  tags: (string)[];
  logsource: { [key: string]: string } | null;
  alerts: boolean;
  hits24h: number;
  hits7d: number;
  lastHitAt: string | null;
  alerts30d: number;
  falsePositives: number;
  costMicros: number | null;
  hint: string | null;
  source: string;
  uses: (string)[];
  usedBy: (string)[];
  falsePositiveNotes: (string)[];
  hours: ({
    at: string;
    hits: number;
  })[];
  recentAlerts: ({
    alertId: string;
    sentence: string;
    agentId: string | null;
    incidentId: string | null;
    occurrences: number;
    at: string;
    falsePositive: FalsePositive | null;
  })[];
  marks: ({
    alertId: string;
    sentence: string;
    agentId: string | null;
    incidentId: string | null;
    occurrences: number;
    at: string;
    falsePositive: FalsePositive | null;
  })[];
};

export type RuleFault = {
  file: string;
  line: number;
  column: number;
  message: string;
  remedy: string;
};

export type RuleView = {
  id: string;
  title: string;
  level: string;
  status: string | null;
  file: string;
  line: number;
  kind: "selection" | "correlation";
  description: string;
  tags: (string)[];
  logsource: { [key: string]: string } | null;
  alerts: boolean;
  hits24h: number;
  hits7d: number;
  lastHitAt: string | null;
  alerts30d: number;
  falsePositives: number;
  costMicros: number | null;
  hint: string | null;
};

export type TryView = {
  errors: (RuleFault)[];
  matches: ({
    index: number;
    ruleId: string;
    title: string;
    level: string;
    sentence: string;
  })[];
  explanations: (ExplanationView)[];
};

export type RulesView = {
  rules: (RuleView)[];
  errors: (RuleFault)[];
};

export type SyslogView = {
  items: ({
    name: string;
    listen: string;
    map: string;
    state: "listening" | "waiting" | "failed";
    connections: number;
    turnedAway: number;
    waitingFor: string | null;
    lines: number;
    linesPerSecond: number;
    events: number;
    known: number;
    unreadable: number;
    refused: number;
    lastLineAt: string | null;
    lastProblem: {
      at: string;
      path: string;
      message: string;
    } | null;
  })[];
  problems: ({
    file: string;
    line: number;
    column: number;
    message: string;
    remedy: string;
  })[];
};

export type TailsView = {
  items: ({
    name: string;
    map: string;
    paths: (string)[];
    state: "reading" | "waiting";
    files: number;
    behindBytes: number;
    waitingFor: string | null;
    lines: number;
    linesPerSecond: number;
    events: number;
    known: number;
    unreadable: number;
    refused: number;
    lastLineAt: string | null;
    lastProblem: {
      at: string;
      path: string;
      message: string;
    } | null;
    skipped: ({
      path: string;
      message: string;
    })[];
  })[];
  problems: ({
    file: string;
    line: number;
    column: number;
    message: string;
    remedy: string;
  })[];
};

export type RunView = {
  id: string;
  playbookId: string;
  playbookTitle: string;
  playbookHash: string;
  incidentId: string | null;
  state: RunState;
  reason: string | null;
  requestedBy: Actor;
  requestedAt: string;
  startedAt: string | null;
  endedAt: string | null;
  wakeAt: string | null;
  inputs: { [key: string]: unknown };
  outputs: { [key: string]: unknown } | null;
  observes: boolean;
  owner: string | null;
  paused: {
    by: Actor;
    reason: string;
    at: string;
  } | null;
  locks: (string)[];
  lockedBy: string | null;
  steps: (StepView)[];
};

export type RunPage = {
  items: (RunView)[];
  next: string | null;
};

export type SessionView = {
  id: string;
  agentId: string;
  pack: string | null;
  host: string;
  state: "running" | "frozen" | "exited" | "lost";
  supervisorPid: number | null;
  command: (string)[];
  workspace: string | null;
  startedAt: string;
  lastHeartbeatAt: string;
  endedAt: string | null;
  exitCode: number | null;
  exitSignal: string | null;
};

export type SessionPage = {
  items: (SessionView)[];
  next: string | null;
};

export type DrillRecord = {
  format: 1;
  id: string;
  title: string;
  profile: string;
  playbook: {
    id: string;
    title: string;
    version: number;
    hash: string;
  };
  drillHash: string;
  firebreakVersion: string;
  sandbox: {
    isolation: "namespaces" | "folder";
    system: string;
    node: string;
  };
  startedAt: string;
  endedAt: string;
  seconds: number;
  result: "passed" | "passed_in_part" | "failed" | "not_run";
  findings: (string)[];
  fault: {
    kind: string;
    what: string;
    at: string | null;
  };
  severity: Severity | null;
  incidentId: string | null;
  run: {
    id: string;
    state: RunState;
    reason: string | null;
  } | null;
  spans: ({
    name: string;
    ms: number | null;
    targetMs: number | null;
    met: boolean | null;
  })[];
  steps: ({
    id: string;
    phase: string;
    title: string;
    state: StepState;
    reason: string | null;
    message: string | null;
    ms: number | null;
    expected: boolean;
  })[];
  checks: ({
    title: string;
    held: boolean;
    found: string;
  })[];
  notExercised: ({
    step: string;
    effector: string;
    why: string;
  })[];
  answers: ({
    step: string;
    by: string;
    said: string;
  })[];
  messages: number;
};

export type NewDrillRecord = {
  format: 1;
  id: string;
  title: string;
  profile: string;
  playbook: {
    id: string;
    title: string;
    version: number;
    hash: string;
  };
  drillHash: string;
  firebreakVersion: string;
  sandbox: {
    isolation: "namespaces" | "folder";
    system: string;
    node: string;
  };
  startedAt: string;
  endedAt: string;
  seconds: number;
  result: "passed" | "passed_in_part" | "failed" | "not_run";
  findings: (string)[];
  fault: {
    kind: string;
    what: string;
    at: string | null;
  };
  severity: Severity | null;
  incidentId: string | null;
  run: {
    id: string;
    state: RunState;
    reason: string | null;
  } | null;
  spans: ({
    name: string;
    ms: number | null;
    targetMs: number | null;
    met: boolean | null;
  })[];
  steps: ({
    id: string;
    phase: string;
    title: string;
    state: StepState;
    reason: string | null;
    message: string | null;
    ms: number | null;
    expected: boolean;
  })[];
  checks: ({
    title: string;
    held: boolean;
    found: string;
  })[];
  notExercised: ({
    step: string;
    effector: string;
    why: string;
  })[];
  answers: ({
    step: string;
    by: string;
    said: string;
  })[];
  messages: number;
};

export type DrillSummary = {
  id: string;
  title: string;
  profile: string;
  playbook: {
    id: string;
    title: string;
    version: number;
    hash: string;
  };
  firebreakVersion: string;
  startedAt: string;
  endedAt: string;
  seconds: number;
  result: "passed" | "passed_in_part" | "failed" | "not_run";
  findings: (string)[];
  spans: ({
    name: string;
    ms: number | null;
    targetMs: number | null;
    met: boolean | null;
  })[];
  notExercised: ({
    step: string;
    effector: string;
    why: string;
  })[];
};

export type DrillView = {
  record: DrillRecord;
  recordedAt: string;
  recordedBy: Actor;
};

export type DrillPage = {
  items: (DrillSummary)[];
  next: string | null;
};

export type EventDetail = {
  event: EventView;
  alerts: ({
    id: string;
    title: string;
    severity: Severity;
    incidentId: string | null;
  })[];
};

export type EventFacets = {
  since: string;
  until: string;
  total: number;
  pack: ({
    value: string;
    count: number;
  })[];
  agent: ({
    value: string;
    count: number;
  })[];
  kind: ({
    value: string;
    count: number;
  })[];
  outcome: ({
    value: string;
    count: number;
  })[];
  risk: ({
    value: string;
    count: number;
  })[];
  countedBackTo: string | null;
};

export type EventHistogram = {
  since: string;
  until: string;
  bucketMs: number;
  total: number;
  buckets: ({
    time: string;
    count: number;
    counts: { [key: string]: number };
  })[];
  countedBackTo: string | null;
};

export type EventExportFormat = "ndjson" | "csv" | "ocsf";

export type ExportState = "pending" | "running" | "done" | "failed";

export type ExportView = {
  id: string;
  format: EventExportFormat;
  state: ExportState;
  filters: { [key: string]: unknown };
  reason: string;
  requestedBy: Actor;
  requestedAt: string;
  finishedAt: string | null;
  events: number;
  bytes: number;
  sha256: string | null;
  fileName: string;
  manifest: string | null;
};

export type ExportPage = {
  items: (ExportView)[];
  next: string | null;
};

export type MomentAnswer = {
  seq: number;
  at: string;
  outcome: string;
  text: MomentText | null;
  durationMs: number | null;
  joinedBy: "call_id" | "order";
};

export type MomentDenial = {
  reason: string | null;
  denial: string | null;
  policy: string | null;
  hold: {
    id: string;
    scope: HoldScope;
    target: string | null;
    level: HoldLevel;
    reason: string;
  } | null;
};

export type MomentText = {
  text: string;
  length: number;
};

export type SavedView = {
  id: string;
  name: string;
  owner: Actor;
  own: boolean;
  shared: boolean;
  filters: { [key: string]: unknown };
  createdAt: string;
  updatedAt: string;
};

export type SavedViewPage = {
  items: (SavedView)[];
  next: string | null;
};

export type SessionMark = {
  seq: number;
  at: string;
  cause: "denied" | "alert" | "failure";
  text: string;
};

export type SessionMoment = {
  type: "event";
  at: string;
  seq: number;
  eventId: string;
  agentId: string;
  run: string | null;
  source: string;
  kind: EventKind;
  role: "prompt" | "output" | "thinking" | "call" | "answer" | "command" | "file" | "network" | "message" | "auth" | "transaction" | "lifecycle" | "log";
  outcome: string;
  risk: string | null;
  resource: string | null;
  name: string | null;
  model: string | null;
  text: MomentText | null;
  arguments: MomentText | null;
  answer: MomentAnswer | null;
  denied: MomentDenial | null;
  alerts: ({
    id: string;
    title: string;
    severity: Severity;
    incidentId: string | null;
  })[];
  redacted: (RedactionFact)[];
  indicators: (IndicatorHit)[];
  lateMs: number | null;
} | {
  type: "gap";
  at: string;
  until: string;
  cause: "silence" | "idle" | "pause";
} | {
  type: "hold";
  at: string;
  change: "stopped" | "resumed";
  holdId: string;
  scope: HoldScope;
  target: string | null;
  level: HoldLevel;
  reason: string;
  actor: Actor | null;
  incidentId: string | null;
} | {
  type: "act";
  at: string;
  kind: string;
  incidentId: string;
  actor: Actor;
  text: string;
};

export type SessionReplayPage = {
  items: (SessionMoment)[];
  next: string | null;
  previous: string | null;
};

export type SessionReplaySummary = {
  id: string;
  session: SessionView | null;
  agents: ({
    id: string;
    pack: string | null;
  })[];
  firstAt: string;
  lastAt: string;
  events: number;
  denied: number;
  failed: number;
  kinds: ({
    kind: EventKind;
    count: number;
  })[];
  incidents: ({
    id: string;
    title: string;
  })[];
  marks: (SessionMark)[];
  marksCut: boolean;
};

export type Severity = 1 | 2 | 3 | 4;

export type SignInLinkView = {
  name: string;
  url: string;
  expiresAt: string;
};

export type SourceDetail = {
  source: SourceView;
  setup: string;
  refusals: (RefusalView)[];
};

export type SourceKind = "alertmanager" | "pagerduty" | "opsgenie" | "grafana" | "cloudevents" | "webhook";

export type SourcePage = {
  items: (SourceView)[];
  next: string | null;
};

export type SourceTestView = {
  alerts: ({
    key: string;
    action: "trigger" | "acknowledge" | "resolve";
    title: string;
    severity: Severity;
    labels: { [key: string]: string };
    notes: (string)[];
  })[];
  errors: (string)[];
};

export type SourceView = {
  name: string;
  kind: SourceKind;
  strict: boolean;
  staleAfterMs: number | null;
  severities: { [key: string]: Severity };
  template: { [key: string]: unknown } | null;
  signature: { [key: string]: unknown } | null;
  createdAt: string;
  previousKeyUntil: string | null;
  previousName: string | null;
  previousNameUntil: string | null;
  previousSignatureUntil: string | null;
  lastHeardAt: string | null;
  accepted: number;
  refused: number;
};

export type StepView = {
  id: string;
  position: number;
  parent: string | null;
  option: string | null;
  item: number | null;
  phase: string;
  title: string;
  type: string;
  state: StepState;
  reason: string | null;
  message: string | null;
  attempts: number;
  input: { [key: string]: unknown };
  output: { [key: string]: unknown };
  startedAt: string | null;
  endedAt: string | null;
  dueAt: string | null;
  assignee: string | null;
  approvalId: string | null;
  needs: (string)[];
  earlier: ({
    state: StepState;
    reason: string | null;
    message: string | null;
    startedAt: string | null;
    endedAt: string | null;
  })[];
};

export type StopPreview = {
  sessions: (SessionView)[];
  agents: (string)[];
  packs: (string)[];
};

export type StopReceipt = {
  stopId: string;
  hold: Hold;
  requestedAt: string;
  completedAt: string;
  verified: boolean;
  serverReachable: boolean;
  results: (StopResult)[];
  escalation?: {
    askAt: string;
    forceAt: string;
  };
};

export type StopResult = {
  sessionId: string;
  agentId: string;
  pack: string | null;
  level: HoldLevel;
  state: StopState;
  elapsedMs: number | null;
  proof: string;
  processes: number;
  remaining: (ProcessIdentity)[];
};

export type TimelineEntry = {
  id: string;
  at: string;
  kind: string;
  source: string;
  actor: Actor;
  text: string;
  data: { [key: string]: unknown };
};

export type TokenView = {
  id: string;
  name: string;
  access: Role | "agent";
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
};

export type TokenPage = {
  items: (TokenView)[];
  next: string | null;
};

export type UserView = {
  id: string;
  name: string;
  role: Role;
  createdAt: string;
  disabledAt: string | null;
};

export type UserPage = {
  items: (UserView)[];
  next: string | null;
};

export type RetentionClass = "events" | "debug" | "metrics" | "runs" | "approvals" | "audit" | "incidents" | "evidence" | "notifications" | "pii";

export type RetentionView = {
  schedules: ({
    class: RetentionClass;
    pack: string | null;
    retainDays: number;
    archiveDays: number | null;
    deleteDays: number | null;
    noticeDays: number;
  })[];
  lastRun: RetentionReport | null;
  archive: {
    segments: number;
    rows: number;
    bytes: number;
  };
  storage: {
    usedPercent: number | null;
    warnPercent: number;
  };
  legalHolds: number;
  copiesDue: number;
};

export type RetentionPreview = {
  at: string;
  plans: ({
    class: RetentionClass;
    pack: string | null;
    act: "archive" | "delete";
    place: string;
    rows: number;
    bytes: number;
    oldest: string | null;
    newest: string | null;
    held: number;
    cases: (string)[];
    dueAt: string | null;
    lockedUntil: string | null;
  })[];
};

export type RetentionReport = {
  at: string;
  by: Actor;
  archived: number;
  segments: number;
  deleted: number;
  held: number;
  announced: number;
  more: boolean;
  problems: (string)[];
};

export type PersonErasure = {
  id: string;
  state: "searching" | "found" | "asked" | "erasing" | "done" | "withdrawn";
  terms: {
    values: (string)[];
    patterns: (string)[];
  } | null;
  also: ("evidence" | "acts")[];
  reason: string;
  requestedBy: Actor;
  requestedAt: string;
  lookedAt: string | null;
  endedAt: string | null;
  stores: ({
    store: string;
    act: "delete" | "mask" | "destroy_keys" | "keep";
    matches: number;
    stay: number;
    cases: (string)[];
    why: (string)[];
    erased: number;
  })[];
  beyond: (string)[];
  problem: string | null;
  approvalId: string | null;
};

export type PersonErasurePage = {
  items: (PersonErasure)[];
  next: string | null;
};

export type RetentionCopy = {
  archiveId: string;
  place: string;
  askedAt: string | null;
  objects: number;
  bytes: number;
  refused: number;
  problem: string | null;
  nextAt: string;
  cases: (string)[];
};

export type RetentionCopyPage = {
  items: (RetentionCopy)[];
  next: string | null;
};

export type RetentionNotice = {
  id: string;
  class: RetentionClass;
  pack: string | null;
  from: string | null;
  before: string;
  rows: number;
  announcedAt: string;
  dueAt: string;
  state: "announced" | "cancelled" | "done";
  endedAt: string | null;
  endedBy: Actor | null;
  reason: string | null;
  deleted: number;
  held: number;
};

export type RetentionNoticePage = {
  items: (RetentionNotice)[];
  next: string | null;
};

export type ArchiveSegment = {
  id: string;
  class: RetentionClass;
  pack: string | null;
  table: string;
  file: string;
  oldest: string;
  newest: string;
  rows: number;
  bytes: number;
  sha256: string;
  createdAt: string;
  tier: "warm" | "cold";
  deletedAt: string | null;
};

export type ArchiveSegmentPage = {
  items: (ArchiveSegment)[];
  next: string | null;
};

export type ArchiveLines = {
  segment: ArchiveSegment;
  lines: (string)[];
  next: string | null;
};

export type LegalHoldView = {
  id: string;
  caseId: string;
  scope: "all" | "incident" | "agent" | "pack" | "session" | "evidence";
  target: string | null;
  from: string | null;
  to: string | null;
  reason: string;
  appliedBy: Actor;
  appliedAt: string;
  releasedAt: string | null;
  releasedBy: Actor | null;
  releaseReason: string | null;
  approvalId: string | null;
};

export type LegalHoldPage = {
  items: (LegalHoldView)[];
  next: string | null;
};

export type LegalHoldRelease = {
  hold: LegalHoldView;
  released: boolean;
};

export type ActionPreviewRequest = {
  parameters?: { [key: string]: unknown };
};

export type NewActionRequest = {
  effector: string;
  parameters?: { [key: string]: unknown };
  reason: string;
  forSeconds?: number;
  incidentId?: string;
  idempotencyKey?: string;
};

export type AgentEventInput = {
  id?: string;
  time?: string;
  source?: string;
  agent: {
    pack?: string;
    id: string;
    session?: string;
    run?: string;
  };
  kind: "tool_call" | "command" | "prompt" | "model_output" | "auth" | "network" | "file" | "message" | "metric" | "heartbeat" | "lifecycle" | "transaction" | "log";
  outcome?: "success" | "failure" | "denied" | "unknown";
  risk?: "low" | "medium" | "high" | "critical";
  resource?: string;
  data?: { [key: string]: JsonValue };
};

export type AnswerApprovalRequest = {
  answer: "approved" | "denied";
  reason: string;
  digest: string;
  checked?: (string)[];
};

export type ExtractIndicatorsRequest = {
  content: string;
};

export type IndicatorScanRequest = {
  target: {
    kind: "events";
    since?: string;
    until?: string;
    agents?: (string)[];
    packs?: (string)[];
  } | {
    kind: "evidence";
    archives?: (string)[];
  };
  alert?: boolean;
};

export type FolderScanRequest = {
  path: string;
  alert?: boolean;
};

export type ImportIndicatorsRequest = {
  source: string;
  effect?: "match" | "allow";
  severity?: 1 | 2 | 3 | 4;
  expiresAt?: string;
  description?: string;
  confidence?: number;
  tlp?: "clear" | "green" | "amber" | "amber+strict" | "red";
  format: "text" | "csv" | "stix" | "misp";
  content: string;
};

export type NewIndicatorsRequest = {
  source: string;
  effect?: "match" | "allow";
  severity?: 1 | 2 | 3 | 4;
  expiresAt?: string;
  description?: string;
  confidence?: number;
  tlp?: "clear" | "green" | "amber" | "amber+strict" | "red";
  values: (string)[];
  type?: "ip" | "cidr" | "domain" | "url" | "hash" | "email" | "file_name" | "file_path" | "wallet" | "pattern";
};

export type CompleteStepRequest = {
  note: string;
  result?: "done" | "not_done" | "skip" | "again";
  checked?: (string)[];
  captured?: { [key: string]: string | number | boolean };
  option?: string;
};

export type ErasurePreviewRequest = {
  agent?: string;
  categories?: ("KEY" | "PWD" | "SSN" | "CC" | "BANK" | "EMAIL" | "PHONE" | "ADDR" | "NAME" | "DOB" | "IP" | "USER" | "LOC" | "CUSTOM")[];
  since?: string;
  before?: string;
  everything?: boolean;
};

export type ErasureRequest = {
  agent?: string;
  categories?: ("KEY" | "PWD" | "SSN" | "CC" | "BANK" | "EMAIL" | "PHONE" | "ADDR" | "NAME" | "DOB" | "IP" | "USER" | "LOC" | "CUSTOM")[];
  since?: string;
  before?: string;
  everything?: boolean;
  reason: string;
};

export type CarryOutPersonErasureRequest = {
  alone?: boolean;
};

export type NewPersonErasureRequest = {
  values?: (string)[];
  patterns?: (string)[];
  also?: ("evidence" | "acts")[];
  reason: string;
};

export type WithdrawPersonErasureRequest = {
  reason: string;
};

export type RevealRequest = {
  reason: string;
  path?: string;
  category?: "KEY" | "PWD" | "SSN" | "CC" | "BANK" | "EMAIL" | "PHONE" | "ADDR" | "NAME" | "DOB" | "IP" | "USER" | "LOC" | "CUSTOM";
  time?: string;
};

export type NewExportRequest = {
  format: "ndjson" | "csv" | "ocsf";
  filters?: {
    agent?: string;
    pack?: string;
    session?: string;
    run?: string;
    kind?: string;
    outcome?: string;
    risk?: string;
    source?: string;
    resource?: string;
    rule?: string;
    since?: string;
    until?: string;
    text?: string;
    path?: string | (string)[];
    has?: string;
  };
  reason: string;
};

export type NewSavedViewRequest = {
  name: string;
  shared?: boolean;
  filters: {
    agent?: string;
    pack?: string;
    session?: string;
    run?: string;
    kind?: string;
    outcome?: string;
    risk?: string;
    source?: string;
    resource?: string;
    rule?: string;
    since?: string;
    until?: string;
    text?: string;
    path?: string | (string)[];
    has?: string;
  };
};

export type NewIncidentRequest = {
  title: string;
  severity: 1 | 2 | 3 | 4;
  type: "agent_runaway" | "agent_incorrect_output" | "agent_rate_limit" | "agent_authorization" | "system_outage" | "system_corruption" | "system_integration" | "security_pii_exposure" | "security_unauthorized_access" | "security_credential_compromise" | "security_malicious_code" | "security_exfiltration" | "security_supply_chain" | "value_wallet" | "value_transactions" | "value_balance" | "other";
  agentId?: string;
  summary?: string;
};

export type NewSessionRequest = {
  sessionId: string;
  agentId: string;
  pack?: string;
  host: string;
  supervisorPid: number;
  command: (string)[];
  workspace: string | null;
};

export type NewSignInLinkRequest = {
  name?: string;
  resetPassword?: boolean;
};

export type NewSourceRequest = {
  name: string;
  kind: "alertmanager" | "pagerduty" | "opsgenie" | "grafana" | "cloudevents" | "webhook";
  strict?: boolean;
  staleAfterMs?: number | null;
  severities?: { [key: string]: 1 | 2 | 3 | 4 };
  template?: {
    each?: string;
    title: string;
    key: string;
    text?: string;
    action?: string;
    actions?: { [key: string]: "trigger" | "acknowledge" | "resolve" };
    severity?: string;
    severities?: { [key: string]: 1 | 2 | 3 | 4 };
    group?: string;
    startsAt?: string;
    link?: string;
    labels?: { [key: string]: string };
    annotations?: { [key: string]: string };
  };
  signature?: {
    preset: "firebreak" | "github" | "grafana" | "grafana-timestamp" | "slack" | "standard";
    secret: string;
    toleranceSeconds?: number;
  } | {
    header: string;
    prefix?: string;
    encoding?: "hex" | "base64";
    signed?: string;
    timestampHeader?: string;
    idHeader?: string;
    toleranceSeconds?: number;
    secret: string;
  };
};

export type NewTokenRequest = {
  name: string;
  access: "viewer" | "responder" | "commander" | "admin" | "agent";
  agentId?: string;
  expiresInDays?: number;
};

export type NewUserRequest = {
  name: string;
  role: "viewer" | "responder" | "commander" | "admin";
  password: string;
};

export type NoteRequest = {
  text: string;
};

export type PasswordRequest = {
  password: string;
  currentPassword?: string;
};

export type PreviewRequest = {
  scope: "global" | "pack" | "agent" | "session" | "tool";
  target?: string;
  level?: "deny" | "freeze" | "kill";
};

export type RetentionRequest = {
  class?: "events" | "debug" | "metrics" | "runs" | "approvals" | "audit" | "incidents" | "evidence" | "notifications" | "pii";
};

export type CancelNoticeRequest = {
  reason: string;
};

export type NewLegalHoldRequest = {
  caseId: string;
  scope: "all" | "incident" | "agent" | "pack" | "session" | "evidence";
  target?: string | null;
  from?: string | null;
  to?: string | null;
  reason: string;
};

export type ReleaseLegalHoldRequest = {
  reason: string;
  alone?: boolean;
};

export type ReasonRequest = {
  reason: string;
};

export type StartRunRequest = {
  inputs?: { [key: string]: unknown };
  incidentId?: string | null;
  playbookId: string;
  observe?: boolean;
};

export type HandOverRequest = {
  to: string;
  stepId?: string;
  reason: string;
};

export type UndoRunRequest = {
  phase?: string;
  reason: string;
};

export type BreakGlassRequest = {
  reason: string;
  digest: string;
  checked?: (string)[];
};

export type ReviewApprovalRequest = {
  verdict: "justified" | "not_justified";
  note: string;
};

export type ReplayRequest = {
  from: string;
  to: string;
  ruleIds?: (string)[];
  rules?: ({
    name: string;
    text: string;
  })[];
};

export type ResolveRequest = {
  summary: string;
  rootCause?: string;
};

export type ResumeRequest = {
  reason: string;
  checked?: (string)[];
  atOnce?: boolean;
};

export type RotateSourceRequest = {
  overlapHours?: number;
};

export type SessionStateRequest = {
  state: "running" | "frozen" | "exited" | "lost";
  exitCode?: number | null;
  exitSignal?: string | null;
};

export type SeverityRequest = {
  severity: 1 | 2 | 3 | 4;
  reason: string;
};

export type SignInLinkRequest = {
  token: string;
};

export type SignInRequest = {
  name: string;
  password: string;
};

export type StateRequest = {
  state: "detected" | "triaged" | "contained" | "eradicated" | "recovering" | "resolved" | "reviewed" | "closed" | "merged" | "false_positive";
  reason: string;
};

export type StopRequest = {
  scope: "global" | "pack" | "agent" | "session" | "tool";
  target?: string;
  level?: "deny" | "freeze" | "kill";
  reason: string;
  incidentId?: string;
  confirmation?: string;
  expiresInSeconds?: number;
  drill?: boolean;
};

export type TimelineExportRequest = {
  format: "markdown" | "json" | "csv" | "pdf";
  view?: "curated" | "all";
  sources?: ("telemetry" | "session" | "alert" | "state" | "note" | "stop" | "action" | "approval" | "playbook" | "notification" | "evidence" | "change" | "act" | "gap")[];
};

export type ImpactExportRequest = {
  format: "markdown" | "json" | "csv" | "pdf";
  version?: number;
};

export type TimelineMarkRequest = {
  ref: string;
  act: "pin" | "unpin" | "hide" | "unhide" | "annotate";
  text?: string;
};

export type TestSourceRequest = {
  body: unknown;
};

export type TryRequest = {
  events: ({ [key: string]: unknown })[];
  rule?: string;
  ruleId?: string;
};

export type JsonValue = string | number | boolean | null | (JsonValue)[] | { [key: string]: JsonValue };

export type Problem = {
  type: string;
  title: string;
  status: number;
  code: "bad_request" | "invalid_body" | "unauthenticated" | "sign_in_failed" | "forbidden" | "cross_origin" | "not_found" | "method_not_allowed" | "conflict" | "payload_too_large" | "unsupported_media_type" | "headers_too_large" | "too_many_requests" | "internal" | "storage_unavailable" | "shutting_down";
  detail: string;
  errors?: ({
    where: string;
    message: string;
  })[];
  requestId?: string;
};

export interface paths {
  "/health": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": HealthView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/ready": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReadinessView;
          };
        };
        503: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReadinessView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/openapi.json": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": { [key: string]: unknown };
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/metrics": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "text/plain": string;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/overview": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": Overview;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/live": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "text/event-stream": LiveMessage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sign-in": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": SignInRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": MeView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sign-in/link": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": SignInLinkRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": MeView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sign-in/links": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewSignInLinkRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SignInLinkView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sign-out": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        204: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/me": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": MeView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/me/password": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": PasswordRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": MeView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/users": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": UserPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewUserRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": UserView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/tokens": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": TokenPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewTokenRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": NewTokenView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/tokens/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        204: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          actor?: string;
          action?: string;
          target?: string;
          text?: string;
          since?: string;
          until?: string;
          order?: "newest" | "oldest";
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AuditPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit/log": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AuditLogView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit/heads": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AuditHeadPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit/tiles/{level}/{index}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          level: number;
          index: number;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AuditTileView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit/entries/{index}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          index: number;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AuditEntriesView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit/proof": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          event?: number;
          act?: number;
          index?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AuditProofView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit/verify": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            trusted?: (string)[];
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AuditVerdictView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit/ship": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ShipmentList;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit/rotate-key": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            overlapDays?: number;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RotatedKeyView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/audit/cosignatures": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            checkpoint: string;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": CosignaturesView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v1/traces": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/x-protobuf": string;
          "application/json": unknown;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/x-protobuf": unknown;
            "application/json": unknown;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v1/logs": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/x-protobuf": string;
          "application/json": unknown;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/x-protobuf": unknown;
            "application/json": unknown;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v1/metrics": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/x-protobuf": string;
          "application/json": unknown;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/x-protobuf": unknown;
            "application/json": unknown;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/events": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
          pack?: string;
          session?: string;
          run?: string;
          kind?: string;
          outcome?: string;
          risk?: string;
          source?: string;
          resource?: string;
          rule?: string;
          since?: string;
          until?: string;
          text?: string;
          path?: string | (string)[];
          has?: string;
          order?: "newest" | "oldest";
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EventPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": AgentEventInput | (AgentEventInput)[];
          "application/x-ndjson": string;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IntakeReceipt;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/events/follow": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
          pack?: string;
          session?: string;
          run?: string;
          kind?: string;
          outcome?: string;
          risk?: string;
          source?: string;
          resource?: string;
          rule?: string;
          text?: string;
          path?: string | (string)[];
          has?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "text/event-stream": EventView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/events/histogram": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
          pack?: string;
          session?: string;
          run?: string;
          kind?: string;
          outcome?: string;
          risk?: string;
          source?: string;
          resource?: string;
          rule?: string;
          since?: string;
          until?: string;
          text?: string;
          path?: string | (string)[];
          has?: string;
          buckets?: number;
          by?: "outcome" | "risk" | "kind";
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EventHistogram;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/events/facets": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
          pack?: string;
          session?: string;
          run?: string;
          kind?: string;
          outcome?: string;
          risk?: string;
          source?: string;
          resource?: string;
          rule?: string;
          since?: string;
          until?: string;
          text?: string;
          path?: string | (string)[];
          has?: string;
          top?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EventFacets;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/tails": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": TailsView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/syslog": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SyslogView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sessions": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
          state?: "running" | "frozen" | "exited" | "lost";
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SessionPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewSessionRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": NewSessionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sessions/{id}/state": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": SessionStateRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SessionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sessions/{id}/heartbeat": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SessionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/coverage": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": CoveragePage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/agents": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AgentPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/agents/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AgentView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/events/{seq}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          seq: number;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EventDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sessions/{id}/replay": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
          after?: string;
          before?: string;
          event?: number;
          end?: "true" | "false";
          limit?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SessionReplayPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sessions/{id}/replay/summary": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SessionReplaySummary;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/exports": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ExportPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewExportRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ExportView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/exports/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ExportView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/exports/{id}/content": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/octet-stream": string;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/views": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SavedViewPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewSavedViewRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SavedView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/views/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewSavedViewRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SavedView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    post?: never;
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        204: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/alerts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          status?: "open" | "resolved";
          disposition?: "undecided" | "incident" | "held";
          source?: string;
          severity?: "1" | "2" | "3" | "4";
          match?: string;
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AlertPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/alerts/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AlertView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/alerts/{id}/acknowledge": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AlertView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/alerts/{id}/resolve": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReasonRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AlertView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/silences": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          kind?: "silence" | "maintenance";
          expired?: "true" | "false";
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SilencePage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            kind?: "silence" | "maintenance";
            match: string;
            reason: string;
            startsAt?: string;
            endsAt: string;
            weekly?: {
              days: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
              from: string;
              to: string;
              timeZone: string;
            } | null;
            mutesContainment?: boolean;
            replaces?: string | null;
            muteEverything?: boolean;
          };
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SilenceView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/silences/preview": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            match: string;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SilencePreview;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/silences/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SilenceView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/silences/{id}/expire": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReasonRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SilenceView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          state?: "detected" | "triaged" | "contained" | "eradicated" | "recovering" | "resolved" | "reviewed" | "closed" | "merged" | "false_positive";
          severity?: "1" | "2" | "3" | "4";
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IncidentPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewIncidentRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IncidentDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IncidentDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/agents": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": StormAgentPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/guidance": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": {
              playbooks: ({
                id: string;
                title: string;
                why: string;
                inputs: { [key: string]: unknown };
              })[];
              contacts: ({
                role: string;
                title: string;
                duty: string;
                trigger: string;
                when: {
                  severities?: (1 | 2 | 3 | 4)[];
                  incidentTypes?: ("agent_runaway" | "agent_incorrect_output" | "agent_rate_limit" | "agent_authorization" | "system_outage" | "system_corruption" | "system_integration" | "security_pii_exposure" | "security_unauthorized_access" | "security_credential_compromise" | "security_malicious_code" | "security_exfiltration" | "security_supply_chain" | "value_wallet" | "value_transactions" | "value_balance" | "other")[];
                };
                people: ({
                  name: string;
                  email?: string;
                  phone?: string;
                  channel?: string;
                })[];
              })[];
            };
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/acknowledge": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IncidentDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/resolve": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ResolveRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IncidentDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/note": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NoteRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IncidentDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/severity": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": SeverityRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IncidentDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/state": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": StateRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IncidentDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/review": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReviewView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReviewView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/timeline": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          view?: "curated" | "all";
          order?: "oldest" | "newest";
          sources?: string;
          after?: string;
          limit?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": InvestigationTimeline;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/timeline/marks": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": TimelineMarkRequest;
        };
      };
      responses: {
        204: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/impact": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          version?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ImpactView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ImpactView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/timeline/export": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": TimelineExportRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ExportedDocument;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/incidents/{id}/impact/export": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ImpactExportRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ExportedDocument;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/events/{id}/originals": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          time?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": OriginalsView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/events/{id}/reveal": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": RevealRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RevealView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/erasures": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ErasurePage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ErasureRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ErasureView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/erasures/preview": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ErasurePreviewRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ErasurePreview;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/originals/rotate-key": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": KeyRotationView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
          effect?: "match" | "allow";
          type?: "ip" | "cidr" | "domain" | "url" | "hash" | "email" | "file_name" | "file_path" | "wallet" | "pattern";
          value?: string;
          source?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewIndicatorsRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorReceipt;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/import": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ImportIndicatorsRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorReceipt;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/extract": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ExtractIndicatorsRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ExtractedIndicators;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/export": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          format?: "stix" | "csv" | "text";
          type?: "ip" | "cidr" | "domain" | "url" | "hash" | "email" | "file_name" | "file_path" | "wallet" | "pattern";
          source?: string;
          tlp?: "clear" | "green" | "amber" | "amber+strict" | "red";
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/octet-stream": string;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/scans": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorScanPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": IndicatorScanRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorScan;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/scans/folder": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": FolderScanRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorScan;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/scans/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorScan;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/scans/{id}/hits": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorScanHitPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/scans/{id}/cancel": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorScan;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/scans/{id}/alert": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": IndicatorScan;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/{id}/removal": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": {
              indicator: {
                id: string;
                effect: "match" | "allow";
                type: "ip" | "cidr" | "domain" | "url" | "hash" | "email" | "file_name" | "file_path" | "wallet" | "pattern";
                value: string;
                source: string;
                severity: 1 | 2 | 3 | 4;
                description: string | null;
                confidence: number | null;
                tlp: "clear" | "green" | "amber" | "amber+strict" | "red" | null;
                createdBy: string;
                createdAt: string;
                updatedAt: string;
                expiresAt: string | null;
              };
              alerts: number;
              openAlerts: number;
              lastMetAt: string | null;
              reportedAgain: ({
                id: string;
                effect: "match" | "allow";
                type: "ip" | "cidr" | "domain" | "url" | "hash" | "email" | "file_name" | "file_path" | "wallet" | "pattern";
                value: string;
                source: string;
                severity: 1 | 2 | 3 | 4;
                description: string | null;
                confidence: number | null;
                tlp: "clear" | "green" | "amber" | "amber+strict" | "red" | null;
                createdBy: string;
                createdAt: string;
                updatedAt: string;
                expiresAt: string | null;
              })[];
              reportedAgainTotal: number;
            };
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/indicators/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        204: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/gate/feed": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
          session?: string;
          pack?: string;
          nonce?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "text/event-stream": string;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sessions/{id}/stops": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            holdId: string;
            result: {
              sessionId: string;
              agentId: string;
              pack: string | null;
              level: "deny" | "freeze" | "kill";
              state: "requested" | "acknowledged" | "verified_stopped" | "unverified" | "failed" | "unreachable";
              elapsedMs: number | null;
              proof: string;
              processes: number;
              remaining: ({
                pid: number;
                startTime: string;
                command: string;
                state: string;
              })[];
            };
          };
        };
      };
      responses: {
        204: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/killswitch": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": KillswitchView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/killswitch/preview": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": PreviewRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": StopPreview;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/killswitch/stop": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": StopRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": StopReceipt;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/killswitch/holds/{id}/resume": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ResumeRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ResumeReceipt;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/receipts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReceiptPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/receipts/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SignedReceipt;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/receipts/{id}/addendum": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SignedReceipt;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/killswitch/global": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            enabled: boolean;
            reason: string;
            checked?: (string)[];
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": {
              scope: "global" | "pack";
              target: string | null;
              enabled: boolean;
              stop: {
                stopId: string;
                hold: {
                  id: string;
                  epoch: number;
                  scope: "global" | "pack" | "agent" | "session" | "tool";
                  target: string | null;
                  level: "deny" | "freeze" | "kill";
                  reason: string;
                  actor: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  incidentId: string | null;
                  at: string;
                  expiresAt: string | null;
                };
                requestedAt: string;
                completedAt: string;
                verified: boolean;
                serverReachable: boolean;
                results: ({
                  sessionId: string;
                  agentId: string;
                  pack: string | null;
                  level: "deny" | "freeze" | "kill";
                  state: "requested" | "acknowledged" | "verified_stopped" | "unverified" | "failed" | "unreachable";
                  elapsedMs: number | null;
                  proof: string;
                  processes: number;
                  remaining: ({
                    pid: number;
                    startTime: string;
                    command: string;
                    state: string;
                  })[];
                })[];
                escalation?: {
                  askAt: string;
                  forceAt: string;
                };
              } | null;
              resumed: ({
                hold: {
                  id: string;
                  epoch: number;
                  scope: "global" | "pack" | "agent" | "session" | "tool";
                  target: string | null;
                  level: "deny" | "freeze" | "kill";
                  reason: string;
                  actor: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  incidentId: string | null;
                  at: string;
                  expiresAt: string | null;
                };
                releasedAt: string | null;
                approval: {
                  id: string;
                  kind: string;
                  title: string;
                  target: string | null;
                  reason: string;
                  arguments: { [key: string]: unknown };
                  digest: string;
                  preview: (string)[];
                  checklist: (string)[];
                  incidentId: string | null;
                  requestedBy: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  requestedAt: string;
                  expiresAt: string;
                  role: "viewer" | "responder" | "commander" | "admin";
                  answersNeeded: number;
                  answers: ({
                    by: {
                      kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                      id: string;
                      name: string;
                    };
                    answer: "approved" | "denied";
                    reason: string;
                    at: string;
                  })[];
                  state: "pending" | "approved" | "denied" | "expired" | "used";
                  decidedAt: string | null;
                  usedAt: string | null;
                  outcome: string | null;
                  askedAgainAt: string | null;
                  breakGlass: {
                    by: {
                      kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                      id: string;
                      name: string;
                    };
                    reason: string;
                    at: string;
                  } | null;
                  reviewed: {
                    by: {
                      kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                      id: string;
                      name: string;
                    };
                    verdict: "justified" | "not_justified";
                    note: string;
                    at: string;
                  } | null;
                  refusal: string | null;
                } | null;
                resumed: ({
                  sessionId: string;
                  agentId: string;
                  state: string;
                })[];
              })[];
              holds: ({
                id: string;
                epoch: number;
                scope: "global" | "pack" | "agent" | "session" | "tool";
                target: string | null;
                level: "deny" | "freeze" | "kill";
                reason: string;
                actor: {
                  kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                  id: string;
                  name: string;
                };
                incidentId: string | null;
                at: string;
                expiresAt: string | null;
              })[];
            };
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/killswitch/pack/{pack}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          pack: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            enabled: boolean;
            reason: string;
            checked?: (string)[];
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": {
              scope: "global" | "pack";
              target: string | null;
              enabled: boolean;
              stop: {
                stopId: string;
                hold: {
                  id: string;
                  epoch: number;
                  scope: "global" | "pack" | "agent" | "session" | "tool";
                  target: string | null;
                  level: "deny" | "freeze" | "kill";
                  reason: string;
                  actor: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  incidentId: string | null;
                  at: string;
                  expiresAt: string | null;
                };
                requestedAt: string;
                completedAt: string;
                verified: boolean;
                serverReachable: boolean;
                results: ({
                  sessionId: string;
                  agentId: string;
                  pack: string | null;
                  level: "deny" | "freeze" | "kill";
                  state: "requested" | "acknowledged" | "verified_stopped" | "unverified" | "failed" | "unreachable";
                  elapsedMs: number | null;
                  proof: string;
                  processes: number;
                  remaining: ({
                    pid: number;
                    startTime: string;
                    command: string;
                    state: string;
                  })[];
                })[];
                escalation?: {
                  askAt: string;
                  forceAt: string;
                };
              } | null;
              resumed: ({
                hold: {
                  id: string;
                  epoch: number;
                  scope: "global" | "pack" | "agent" | "session" | "tool";
                  target: string | null;
                  level: "deny" | "freeze" | "kill";
                  reason: string;
                  actor: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  incidentId: string | null;
                  at: string;
                  expiresAt: string | null;
                };
                releasedAt: string | null;
                approval: {
                  id: string;
                  kind: string;
                  title: string;
                  target: string | null;
                  reason: string;
                  arguments: { [key: string]: unknown };
                  digest: string;
                  preview: (string)[];
                  checklist: (string)[];
                  incidentId: string | null;
                  requestedBy: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  requestedAt: string;
                  expiresAt: string;
                  role: "viewer" | "responder" | "commander" | "admin";
                  answersNeeded: number;
                  answers: ({
                    by: {
                      kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                      id: string;
                      name: string;
                    };
                    answer: "approved" | "denied";
                    reason: string;
                    at: string;
                  })[];
                  state: "pending" | "approved" | "denied" | "expired" | "used";
                  decidedAt: string | null;
                  usedAt: string | null;
                  outcome: string | null;
                  askedAgainAt: string | null;
                  breakGlass: {
                    by: {
                      kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                      id: string;
                      name: string;
                    };
                    reason: string;
                    at: string;
                  } | null;
                  reviewed: {
                    by: {
                      kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                      id: string;
                      name: string;
                    };
                    verdict: "justified" | "not_justified";
                    note: string;
                    at: string;
                  } | null;
                  refusal: string | null;
                } | null;
                resumed: ({
                  sessionId: string;
                  agentId: string;
                  state: string;
                })[];
              })[];
              holds: ({
                id: string;
                epoch: number;
                scope: "global" | "pack" | "agent" | "session" | "tool";
                target: string | null;
                level: "deny" | "freeze" | "kill";
                reason: string;
                actor: {
                  kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                  id: string;
                  name: string;
                };
                incidentId: string | null;
                at: string;
                expiresAt: string | null;
              })[];
            };
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/packs/status": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": {
              global: {
                enabled: boolean;
                holds: ({
                  id: string;
                  epoch: number;
                  scope: "global" | "pack" | "agent" | "session" | "tool";
                  target: string | null;
                  level: "deny" | "freeze" | "kill";
                  reason: string;
                  actor: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  incidentId: string | null;
                  at: string;
                  expiresAt: string | null;
                })[];
              };
              packs: ({
                pack: string;
                enabled: boolean;
                level: "deny" | "freeze" | "kill" | null;
                agents: number;
                running: number;
                frozen: number;
                holds: ({
                  id: string;
                  epoch: number;
                  scope: "global" | "pack" | "agent" | "session" | "tool";
                  target: string | null;
                  level: "deny" | "freeze" | "kill";
                  reason: string;
                  actor: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  incidentId: string | null;
                  at: string;
                  expiresAt: string | null;
                })[];
              })[];
            };
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/approvals": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          state?: "pending" | "approved" | "denied" | "expired" | "used";
          kind?: string;
          incident?: string;
          unreviewed?: "true" | "false";
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ApprovalPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/approvals/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ApprovalView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/approvals/{id}/answer": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": AnswerApprovalRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ApprovalView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/approvals/{id}/break-glass": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": BreakGlassRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ApprovalView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/approvals/{id}/review": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReviewApprovalRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ApprovalView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/answer-links/open": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            token: string;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": {
              person: string;
              approval: {
                id: string;
                kind: string;
                title: string;
                target: string | null;
                reason: string;
                arguments: { [key: string]: unknown };
                digest: string;
                preview: (string)[];
                checklist: (string)[];
                incidentId: string | null;
                requestedBy: {
                  kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                  id: string;
                  name: string;
                };
                requestedAt: string;
                expiresAt: string;
                role: "viewer" | "responder" | "commander" | "admin";
                answersNeeded: number;
                answers: ({
                  by: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  answer: "approved" | "denied";
                  reason: string;
                  at: string;
                })[];
                state: "pending" | "approved" | "denied" | "expired" | "used";
                decidedAt: string | null;
                usedAt: string | null;
                outcome: string | null;
                askedAgainAt: string | null;
                breakGlass: {
                  by: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  reason: string;
                  at: string;
                } | null;
                reviewed: {
                  by: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  verdict: "justified" | "not_justified";
                  note: string;
                  at: string;
                } | null;
                refusal: string | null;
              };
            };
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/answer-links/answer": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            answer: "approved" | "denied";
            reason: string;
            digest: string;
            checked?: (string)[];
            token: string;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": {
              person: string;
              approval: {
                id: string;
                kind: string;
                title: string;
                target: string | null;
                reason: string;
                arguments: { [key: string]: unknown };
                digest: string;
                preview: (string)[];
                checklist: (string)[];
                incidentId: string | null;
                requestedBy: {
                  kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                  id: string;
                  name: string;
                };
                requestedAt: string;
                expiresAt: string;
                role: "viewer" | "responder" | "commander" | "admin";
                answersNeeded: number;
                answers: ({
                  by: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  answer: "approved" | "denied";
                  reason: string;
                  at: string;
                })[];
                state: "pending" | "approved" | "denied" | "expired" | "used";
                decidedAt: string | null;
                usedAt: string | null;
                outcome: string | null;
                askedAgainAt: string | null;
                breakGlass: {
                  by: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  reason: string;
                  at: string;
                } | null;
                reviewed: {
                  by: {
                    kind: "person" | "token" | "agent" | "rule" | "playbook" | "daemon" | "cli";
                    id: string;
                    name: string;
                  };
                  verdict: "justified" | "not_justified";
                  note: string;
                  at: string;
                } | null;
                refusal: string | null;
              };
            };
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/containment": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ContainmentView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/containment/report": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          hours?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ContainmentReport;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/reactions": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          incident?: string;
          state?: "deciding" | "observed" | "waiting" | "applying" | "applied" | "failed" | "denied" | "expired";
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReactionPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/reactions/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReactionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/guard": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": GuardView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/effectors": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EffectorPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/effectors/{name}/preview": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          name: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ActionPreviewRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ActionPreview;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/actions": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          live?: "true" | "false";
          incident?: string;
          effector?: string;
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ActionPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewActionRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ActionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/actions/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ActionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/actions/{id}/undo": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReasonRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ActionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/collections": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": CollectionPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            agentId?: string;
            sessionId?: string;
            incidentId?: string;
            host?: true;
            level?: "quick" | "standard" | "full";
            reason: string;
            timeLimitSeconds?: number;
            memory?: boolean;
          };
        };
      };
      responses: {
        202: {
          headers: Record<string, unknown>;
          content: {
            "application/json": CollectionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/collections/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": CollectionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/policy": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": Policy;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/budgets": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": BudgetPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/budgets/reset": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            budget: string;
            subject: string;
            metric?: "calls" | "tokens" | "money" | "value";
            reason: string;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": BudgetPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/breakers": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          agent?: string;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": BreakerPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/breakers/isolate": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            breaker: string;
            subject: string;
            reason: string;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": Breaker;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/breakers/close": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            breaker: string;
            subject: string;
            reason: string;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": Breaker;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/retention": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RetentionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/retention/preview": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          class?: "events" | "debug" | "metrics" | "runs" | "approvals" | "audit" | "incidents" | "evidence" | "notifications" | "pii";
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RetentionPreview;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/retention/run": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": RetentionRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RetentionReport;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/retention/notices": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          state?: "announced" | "cancelled" | "done";
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RetentionNoticePage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/retention/notices/{id}/cancel": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": CancelNoticeRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RetentionNotice;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/retention/copies": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RetentionCopyPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/retention/segments": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ArchiveSegmentPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/retention/segments/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ArchiveLines;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/legal-holds": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          released?: "true" | "false";
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": LegalHoldPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewLegalHoldRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": LegalHoldView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/legal-holds/{id}/release": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReleaseLegalHoldRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": LegalHoldRelease;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/person-erasures": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": PersonErasurePage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewPersonErasureRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": PersonErasure;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/person-erasures/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": PersonErasure;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/person-erasures/{id}/carry-out": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": CarryOutPersonErasureRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": PersonErasure;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/person-erasures/{id}/withdraw": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": WithdrawPersonErasureRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": PersonErasure;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          incident?: string;
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": StartRunRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/signals/{name}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
          name: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": { [key: string]: unknown };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/pause": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReasonRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/resume": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReasonRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/undo": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": UndoRunRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/hand-over": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": HandOverRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/steps/{step}/skip": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
          step: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReasonRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/steps/{step}/retry": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
          step: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReasonRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/steps/{step}/complete": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
          step: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": CompleteStepRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/abort": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReasonRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/deliveries": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          incident?: string;
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": DeliveryPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/deliveries/{id}/retry": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": DeliveryView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/detection": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": DetectionView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/playbooks": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": PlaybookLibrary;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/playbooks/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ProvenPlaybookDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/playbooks/{id}/preview": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            inputs?: { [key: string]: unknown };
            incidentId?: string | null;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RunPreview;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/runs/{id}/playbook": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": PlaybookDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/playbooks/import": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            name?: string;
            markdown: string;
            home?: string;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": PlaybookImport;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/playbooks/{id}/export": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          format?: "md" | "pdf" | "cacao";
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ExportedDocument;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/drills": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          playbook?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": DrillPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            format: 1;
            id: string;
            title: string;
            profile: string;
            playbook: {
              id: string;
              title: string;
              version: number;
              hash: string;
            };
            drillHash: string;
            firebreakVersion: string;
            sandbox: {
              isolation: "namespaces" | "folder";
              system: string;
              node: string;
            };
            startedAt: string;
            endedAt: string;
            seconds: number;
            result: "passed" | "passed_in_part" | "failed" | "not_run";
            findings: (string)[];
            fault: {
              kind: string;
              what: string;
              at: string | null;
            };
            severity: 1 | 2 | 3 | 4 | null;
            incidentId: string | null;
            run: {
              id: string;
              state: "pending" | "running" | "waiting" | "completed" | "completed_with_exceptions" | "failed" | "aborted" | "observed";
              reason: string | null;
            } | null;
            spans: ({
              name: string;
              ms: number | null;
              targetMs: number | null;
              met: boolean | null;
            })[];
            steps: ({
              id: string;
              phase: string;
              title: string;
              state: "pending" | "running" | "waiting" | "succeeded" | "failed" | "denied" | "skipped" | "timed_out" | "unverified" | "undone" | "interrupted";
              reason: string | null;
              message: string | null;
              ms: number | null;
              expected: boolean;
            })[];
            checks: ({
              title: string;
              held: boolean;
              found: string;
            })[];
            notExercised: ({
              step: string;
              effector: string;
              why: string;
            })[];
            answers: ({
              step: string;
              by: string;
              said: string;
            })[];
            messages: number;
          };
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": DrillView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/drills/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": DrillView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          incident?: string;
          agent?: string;
          session?: string;
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EvidencePage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EvidenceView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/{id}/items": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          from?: number;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EvidenceManifestView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/{id}/custody": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EvidenceCustodyPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/{id}/verify": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EvidenceVerification;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/{id}/transfers": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            to: string;
            reason: string;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EvidenceCustodyPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/{id}/items/{index}/preview": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          offset?: number;
        };
        header?: never;
        path: {
          id: string;
          index: number;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": EvidencePreview;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/{id}/items/{index}/content": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
          index: number;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/octet-stream": string;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/evidence/{id}/export": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          reason?: string;
        };
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/octet-stream": string;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sources": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SourcePage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": NewSourceRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": NewSourceView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sources/{name}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          name: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SourceDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          name: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        204: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sources/{name}/change": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          name: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": {
            name?: string;
            strict?: boolean;
            staleAfterMs?: number | null;
            severities?: { [key: string]: 1 | 2 | 3 | 4 };
            template?: {
              each?: string;
              title: string;
              key: string;
              text?: string;
              action?: string;
              actions?: { [key: string]: "trigger" | "acknowledge" | "resolve" };
              severity?: string;
              severities?: { [key: string]: 1 | 2 | 3 | 4 };
              group?: string;
              startsAt?: string;
              link?: string;
              labels?: { [key: string]: string };
              annotations?: { [key: string]: string };
            } | null;
            signature?: {
              preset: "firebreak" | "github" | "grafana" | "grafana-timestamp" | "slack" | "standard";
              secret: string;
              toleranceSeconds?: number;
            } | {
              header: string;
              prefix?: string;
              encoding?: "hex" | "base64";
              signed?: string;
              timestampHeader?: string;
              idHeader?: string;
              toleranceSeconds?: number;
              secret: string;
            } | null;
            overlapHours?: number;
          };
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SourceDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sources/{name}/rotate": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          name: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": RotateSourceRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": NewSourceView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/sources/{name}/test": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          name: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": TestSourceRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": SourceTestView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/refusals": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          source?: string;
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RefusalPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/changes": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: {
          after?: string;
          limit?: number;
        };
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ChangePage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/hooks/{name}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          name: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          name: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    delete?: never;
    options: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          name: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v2/alerts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v2/alerts/groups": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v2/silences": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v2/silence/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v2/status": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v2/receivers": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/-/healthy": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/-/ready": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v2/enqueue": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v2/change/enqueue": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/generic/2010-04-15/create_event.json": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v2/alerts": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v2/alerts/{alias}/close": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          alias: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v2/alerts/{alias}/acknowledge": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          alias: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v2/alerts/{alias}/message": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          alias: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/v2/alerts/{alias}/description": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          alias: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        202: {
          headers: Record<string, unknown>;
          content?: never;
        };
        default: {
          headers: Record<string, unknown>;
          content?: never;
        };
      };
    };
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/rules": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RulesView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/rules/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RuleDetail;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/rules/{id}/cases": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": RuleCasesView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/rules/try": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": TryRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": TryView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/replays": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReplayPage;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path?: never;
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReplayRequest;
        };
      };
      responses: {
        201: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReplayView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/replays/{id}": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReplayView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/replays/{id}/cancel": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": ReplayView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/api/v1/alerts/{id}/false-positive": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody: {
        content: {
          "application/json": ReasonRequest;
        };
      };
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AlertView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    delete: {
      parameters: {
        query?: never;
        header?: never;
        path: {
          id: string;
        };
        cookie?: never;
      };
      requestBody?: never;
      responses: {
        200: {
          headers: Record<string, unknown>;
          content: {
            "application/json": AlertView;
          };
        };
        default: {
          headers: Record<string, unknown>;
          content: {
            "application/problem+json": Problem;
          };
        };
      };
    };
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
