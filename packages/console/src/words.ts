/** How the console says what the protocol means: one table per closed set, so that no page invents its own wording. */
import type {
  ActionState,
  ApprovalState,
  BreakerView,
  Certainty,
  ClockKind,
  ContainmentMode,
  CoverageLevel,
  EventMoment,
  GateState,
  DeliveryState,
  GuardLevel,
  HoldLevel,
  HoldScope,
  IncidentState,
  Rail,
  ReactionState,
  ReplayFinding,
  ReplayState,
  RunState,
  SessionMark,
  SessionView,
  Severity,
  StepState,
  StopState,
  TimelineSource,
} from "@firebreak/protocol";

export type Tone = "neutral" | "info" | "ok" | "warn" | "danger" | "hold";

export interface Word {
  readonly label: string;
  readonly tone: Tone;
  /** one sentence for whoever does not know the term */
  readonly meaning: string;
}

export const STOP_WORDS = {
  requested: {
    label: "Stop requested",
    tone: "warn",
    meaning: "The stop was sent; the supervisor has not answered yet.",
  },
  acknowledged: {
    label: "Stop acknowledged",
    tone: "warn",
    meaning: "The supervisor answered; nothing is proved yet.",
  },
  verified_stopped: { label: "Stopped, verified", tone: "ok", meaning: "Positive proof that nothing of it runs." },
  unverified: {
    label: "Not verified",
    tone: "warn",
    meaning: "It was stopped as far as we know, but the proof is missing.",
  },
  failed: { label: "Stop failed", tone: "danger", meaning: "Something of it still runs." },
  unreachable: { label: "Unreachable", tone: "danger", meaning: "Its supervisor did not answer; treat it as running." },
} as const satisfies Record<StopState, Word>;

export const ACTION_WORDS = {
  applying: { label: "Being applied", tone: "neutral", meaning: "The effector is acting." },
  in_force: { label: "In force", tone: "hold", meaning: "It acted, and the effect was seen." },
  lost: {
    label: "Lost",
    tone: "danger",
    meaning: "It was in force and is not, or cannot be seen; it is applied again until it is.",
  },
  interrupted: {
    label: "Interrupted",
    tone: "warn",
    meaning: "Firebreak died in the middle: look what there is of it, then undo it.",
  },
  undoing: { label: "Being undone", tone: "warn", meaning: "It is being taken back, and tried until that works." },
  done: { label: "Done", tone: "ok", meaning: "It acted, and there is nothing to take back." },
  failed: { label: "Failed", tone: "danger", meaning: "It could not be applied, and nothing of it is in effect." },
  undone: { label: "Undone", tone: "neutral", meaning: "A person took it back." },
  expired: { label: "Expired", tone: "neutral", meaning: "Its time was over." },
} as const satisfies Record<ActionState, Word>;

export const APPROVAL_WORDS = {
  pending: { label: "Waits for a person", tone: "warn", meaning: "Nothing is done before it is answered." },
  approved: { label: "Approved", tone: "ok", meaning: "It may be done, once, until it expires." },
  denied: { label: "Denied", tone: "danger", meaning: "It is not done." },
  expired: { label: "Expired", tone: "neutral", meaning: "Nobody decided in time, or it was not done in time." },
  used: { label: "Done", tone: "ok", meaning: "It was approved and done; it cannot be done again with this answer." },
} as const satisfies Record<ApprovalState, Word>;
export const MODE_WORDS = {
  observe: { label: "Observes", tone: "neutral", meaning: "Says what it would do, and does nothing." },
  ask: { label: "Asks", tone: "info", meaning: "A person approves first." },
  act: { label: "Acts", tone: "hold", meaning: "Does it at once, within the guard rails." },
} as const satisfies Record<ContainmentMode, Word>;

export const REACTION_WORDS = {
  deciding: { label: "Deciding", tone: "neutral", meaning: "It is being decided on." },
  observed: { label: "Would have", tone: "neutral", meaning: "Its rule only observes: nothing was done." },
  waiting: { label: "Waits for a person", tone: "warn", meaning: "Nothing is done until somebody approves." },
  applying: { label: "Acting", tone: "info", meaning: "It is being done." },
  applied: { label: "Acted", tone: "hold", meaning: "It was done; the incident and its actions say what holds." },
  failed: { label: "Failed", tone: "danger", meaning: "It could not be done." },
  denied: { label: "Denied", tone: "neutral", meaning: "A person said no." },
  expired: { label: "Not answered", tone: "danger", meaning: "Nobody answered in time: it was not done." },
} as const satisfies Record<ReactionState, Word>;

export const RAIL_WORDS = {
  self: "this server runs in it",
  late: "it was told long after it happened",
  quiet: "a person let it run again shortly before",
  evidence: "no evidence was collected before",
  rule_hour: "this rule has acted often enough this hour",
  hour: "automation has acted often enough this hour",
  fleet: "enough agents were acted on this hour",
} as const satisfies Record<Rail, string>;

export const GUARD_WORDS = {
  normal: { label: "Normal", tone: "ok", meaning: "Nothing runs short." },
  warn: { label: "Under load", tone: "warn", meaning: "Gates slow agents down a little." },
  critical: { label: "Heavy load", tone: "danger", meaning: "Gates let few acts through at once." },
  emergency: { label: "Emergency", tone: "danger", meaning: "No new act begins; agents are stopped one at a time." },
} as const satisfies Record<GuardLevel, Word>;

export const LEVEL_WORDS = {
  deny: { label: "Deny", tone: "hold", meaning: "New calls are refused. What runs keeps running. Resume undoes it." },
  freeze: {
    label: "Freeze",
    tone: "hold",
    meaning: "New calls are refused and every process is paused where it stands. Resume continues it.",
  },
  kill: {
    label: "Kill",
    tone: "danger",
    meaning: "New calls are refused and every process is ended. What was in memory is lost.",
  },
} as const satisfies Record<HoldLevel, Word>;

export const SCOPE_WORDS = {
  global: { label: "Everything", tone: "hold", meaning: "Every supervised agent." },
  pack: { label: "Pack", tone: "hold", meaning: "Every agent of one pack." },
  agent: { label: "Agent", tone: "hold", meaning: "One agent, in all its sessions." },
  session: { label: "Session", tone: "hold", meaning: "One running session." },
  tool: { label: "Tool", tone: "hold", meaning: "One tool, for every agent." },
} as const satisfies Record<HoldScope, Word>;

export const BREAKER_WORDS = {
  closed: { label: "Closed", tone: "ok", meaning: "Acts pass." },
  open: { label: "Open", tone: "danger", meaning: "It failed too often: acts are denied for a time." },
  half_open: { label: "Probing", tone: "warn", meaning: "One act may try; if it goes well, all may." },
  isolated: { label: "Isolated", tone: "hold", meaning: "A person keeps it off until a person lets it go." },
} as const satisfies Record<BreakerView["state"], Word>;

export const INCIDENT_WORDS = {
  detected: { label: "Detected", tone: "danger", meaning: "Nobody has taken it yet." },
  triaged: { label: "Triaged", tone: "warn", meaning: "Somebody has taken it; the cause is not contained." },
  contained: { label: "Contained", tone: "hold", meaning: "It can do no more harm." },
  eradicated: { label: "Eradicated", tone: "info", meaning: "The cause is removed." },
  recovering: { label: "Recovering", tone: "info", meaning: "Service is coming back." },
  resolved: { label: "Resolved", tone: "ok", meaning: "Nobody needs to act; the review is due." },
  reviewed: { label: "Reviewed", tone: "ok", meaning: "The review is written." },
  closed: { label: "Closed", tone: "neutral", meaning: "Nothing is left to do." },
  merged: { label: "Merged", tone: "neutral", meaning: "It continues in another incident." },
  false_positive: { label: "False positive", tone: "neutral", meaning: "Nothing was wrong." },
} as const satisfies Record<IncidentState, Word>;

export const RUN_WORDS = {
  pending: { label: "Pending", tone: "neutral", meaning: "It has not begun." },
  running: { label: "Running", tone: "info", meaning: "A step is under way." },
  waiting: { label: "Waiting for a person", tone: "warn", meaning: "A step needs somebody." },
  completed: { label: "Completed", tone: "ok", meaning: "Every step succeeded." },
  completed_with_exceptions: {
    label: "Completed with exceptions",
    tone: "warn",
    meaning: "It reached the end, but not every step did what it says.",
  },
  failed: { label: "Failed", tone: "danger", meaning: "It ended before its goal." },
  aborted: { label: "Aborted", tone: "warn", meaning: "A person ended it." },
  observed: { label: "Observed", tone: "neutral", meaning: "It said what it would do, and did nothing." },
} as const satisfies Record<RunState, Word>;

export const STEP_WORDS = {
  pending: { label: "Pending", tone: "neutral", meaning: "Not begun." },
  running: { label: "Running", tone: "info", meaning: "Under way." },
  waiting: { label: "Waiting for a person", tone: "warn", meaning: "Somebody must do it and say so." },
  succeeded: { label: "Succeeded", tone: "ok", meaning: "Done and checked." },
  failed: { label: "Failed", tone: "danger", meaning: "It did not work." },
  denied: { label: "Denied", tone: "danger", meaning: "It was not allowed, so it was not done." },
  skipped: { label: "Skipped", tone: "warn", meaning: "It was not done." },
  timed_out: { label: "Timed out", tone: "danger", meaning: "It did not end in its time box." },
  unverified: { label: "Not verified", tone: "warn", meaning: "It was done, but the proof is missing." },
  undone: { label: "Undone", tone: "neutral", meaning: "It was done and taken back." },
  interrupted: { label: "Interrupted", tone: "warn", meaning: "The server stopped in the middle of it." },
} as const satisfies Record<StepState, Word>;

export const DELIVERY_WORDS = {
  pending: { label: "Pending", tone: "neutral", meaning: "It waits for its turn or for the next attempt." },
  sending: { label: "Sending", tone: "info", meaning: "An attempt is under way." },
  delivered: { label: "Delivered", tone: "ok", meaning: "The receiver accepted it." },
  failed: { label: "Failed", tone: "danger", meaning: "Every attempt failed; nobody was told." },
} as const satisfies Record<DeliveryState, Word>;

export const SESSION_WORDS = {
  running: { label: "Running", tone: "ok", meaning: "Its supervisor reports that it runs." },
  frozen: { label: "Frozen", tone: "hold", meaning: "Every process of it is paused." },
  exited: { label: "Exited", tone: "neutral", meaning: "It has ended." },
  lost: { label: "Lost", tone: "danger", meaning: "Its supervisor has gone silent; it may still run." },
} as const satisfies Record<SessionView["state"], Word>;

export const COVERAGE_WORDS = {
  processes_and_calls: {
    label: "Calls and processes can be stopped",
    tone: "ok",
    meaning: "A gate refuses its calls, a supervisor holds its processes.",
  },
  processes: {
    label: "Processes can be stopped",
    tone: "ok",
    meaning: "A supervisor freezes and kills its processes; no gate refuses its calls.",
  },
  calls: {
    label: "Calls can be stopped",
    tone: "info",
    meaning: "A gate refuses its calls; nothing freezes or kills its processes.",
  },
  observed: { label: "Observed only", tone: "warn", meaning: "Nothing can refuse its calls or end its processes." },
} as const satisfies Record<CoverageLevel, Word>;

export const GATE_STATE_WORDS = {
  reporting: { label: "Reporting", tone: "ok", meaning: "The gate says of itself that it stands." },
  silent: { label: "Silent", tone: "warn", meaning: "The gate has not reported for three minutes." },
  installed: { label: "Installed", tone: "ok", meaning: "The runtime's settings name the gate." },
  gone: { label: "Gone", tone: "danger", meaning: "The runtime's settings no longer name the gate." },
  changed: {
    label: "Changed",
    tone: "danger",
    meaning: "The gate's program, or how it is called, is not what was installed.",
  },
  unreadable: { label: "Not readable", tone: "danger", meaning: "The runtime's settings cannot be read." },
} as const satisfies Record<GateState, Word>;

export const CLOCK_WORDS = {
  respond: "Respond",
  contain: "Contain",
  resolve: "Resolve",
} as const satisfies Record<ClockKind, string>;

export const REPLAY_WORDS = {
  pending: { label: "Waits", tone: "neutral", meaning: "Another replay runs before it." },
  running: { label: "Running", tone: "info", meaning: "Stored events are being judged." },
  done: { label: "Done", tone: "ok", meaning: "Every event of the range was judged." },
  failed: { label: "Failed", tone: "danger", meaning: "It ended before its end; nothing was changed." },
  cancelled: { label: "Cancelled", tone: "neutral", meaning: "A person ended it." },
} as const satisfies Record<ReplayState, Word>;

export const FINDING_WORDS = {
  new: { label: "New", tone: "warn", meaning: "These rules would have raised an alert that was not raised." },
  lost: { label: "Lost", tone: "danger", meaning: "An alert was raised that these rules would not raise." },
  same: { label: "The same", tone: "ok", meaning: "The alert was raised, and would be raised." },
} as const satisfies Record<ReplayFinding["status"], Word>;

/** What an event is in a session's conversation. */
export const MOMENT_WORDS = {
  prompt: {
    label: "Told",
    tone: "info",
    meaning: "What the agent was told: by a person, a system prompt or a message.",
  },
  output: { label: "Said", tone: "neutral", meaning: "What the model said." },
  thinking: { label: "Thought", tone: "neutral", meaning: "What the model said to itself." },
  call: { label: "Called", tone: "neutral", meaning: "A tool, with its arguments and what came of it." },
  answer: { label: "Got back", tone: "neutral", meaning: "What came of a call that is not known." },
  command: { label: "Ran", tone: "neutral", meaning: "A command line." },
  file: { label: "File", tone: "neutral", meaning: "It read, wrote or removed a file." },
  network: { label: "Network", tone: "neutral", meaning: "It reached out over the network." },
  message: { label: "Message", tone: "neutral", meaning: "A message between agents or channels." },
  auth: { label: "Sign-in", tone: "neutral", meaning: "Somebody or something signed in." },
  transaction: { label: "Transaction", tone: "neutral", meaning: "Something of value moved." },
  lifecycle: { label: "Life", tone: "neutral", meaning: "The agent or its runtime began, changed or ended." },
  log: { label: "Log", tone: "neutral", meaning: "A record of its runtime." },
} as const satisfies Record<EventMoment["role"], Word>;

/** Unknown outcomes are not worth a word. */
export const OUTCOME_WORDS: Readonly<Record<string, Word>> = {
  success: { label: "Succeeded", tone: "ok", meaning: "Its sender says that it went well." },
  failure: { label: "Failed", tone: "warn", meaning: "Its sender says that it failed." },
  denied: { label: "Denied", tone: "danger", meaning: "It was not allowed, so it was not done." },
};

export const RISK_TONES: Readonly<Record<string, Tone>> = {
  low: "neutral",
  medium: "warn",
  high: "danger",
  critical: "danger",
};

export const GAP_WORDS = {
  silence: { label: "Silence", tone: "danger", meaning: "Not even a heartbeat of its supervisor came." },
  idle: { label: "Nothing", tone: "neutral", meaning: "Its supervisor reported that it lives, and nothing else came." },
  pause: { label: "Nothing", tone: "neutral", meaning: "Nothing was told; nobody sends heartbeats of this session." },
} as const satisfies Record<"silence" | "idle" | "pause", Word>;

export const MARK_WORDS = {
  denied: { label: "Denied", tone: "danger", meaning: "It was not allowed." },
  alert: { label: "Alert", tone: "danger", meaning: "It raised an alert." },
  failure: { label: "Failed", tone: "warn", meaning: "It failed." },
} as const satisfies Record<SessionMark["cause"], Word>;

/** Levels of rules, gravest first. */
export const RULE_LEVELS = ["critical", "high", "medium", "low", "informational"] as const;
export const RULE_LEVEL_TONES: Readonly<Record<string, Tone>> = { critical: "danger", high: "warn", medium: "info" };

export const SEVERITY_TONES = { 1: "danger", 2: "warn", 3: "info", 4: "neutral" } as const satisfies Record<
  Severity,
  Tone
>;

/** `agent_runaway` as "Agent runaway". */
export function sayName(name: string): string {
  const words = name.replaceAll(/[_.]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @returns `one` or `many` with its number, for example "3 agents" */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString("en")} ${amount === 1 ? one : many}`;
}

/** What a hold covers, in words. */
export function coverage(scope: HoldScope, target: string | null): string {
  if (target === null) return "every agent";
  return `${SCOPE_WORDS[scope].label.toLowerCase()} ${target}`;
}

export const CERTAINTY_WORDS = {
  observed: { label: "Observed", tone: "info", meaning: "An event says that it happened." },
  inferred: { label: "Inferred", tone: "warn", meaning: "It follows from a command or call; nobody saw the effect." },
  attempted: { label: "Attempted", tone: "ok", meaning: "It was denied or failed." },
  possible: { label: "Possible", tone: "neutral", meaning: "Only a name or a rate suggests it." },
} as const satisfies Record<Certainty, Word>;

/** Of entries on the timeline, in lower case. */
export const TIMELINE_SOURCE_WORDS: Readonly<Record<TimelineSource, string>> = {
  telemetry: "telemetry",
  session: "session",
  alert: "alert",
  state: "state",
  note: "note",
  stop: "stop",
  action: "action",
  approval: "approval",
  playbook: "playbook",
  notification: "notification",
  evidence: "evidence",
  change: "change",
  act: "audit log",
  gap: "gap",
};
