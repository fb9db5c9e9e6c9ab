/** Rules, their explanations and replays as the fake backend knows them. */
import type {
  EventView,
  ExplanationView,
  ReplayResult,
  ReplayView,
  RuleAlert,
  RuleCasesView,
  RuleDetail,
  RuleView,
  TryView,
} from "@firebreak/protocol";

type Ago = (minutes: number) => string;

const ADA = { kind: "person", id: "usr_ada", name: "ada" } as const;

export const RULE_SOURCE = `title: Destructive command
id: r2
status: stable
logsource: { product: ai_agent, category: agent_events }
detection:
  selection:
    command|contains:
      - rm -rf
      - mkfs
  filter_build:
    command|contains: rm -rf build
  condition: selection and not 1 of filter_*
level: high
falsepositives:
  - A clean-up script
`;

function alertOf(ago: Ago, alertId: string, reason: string | null): RuleAlert {
  return {
    alertId,
    sentence: 'Destructive command (high): command contains "rm -rf" in "rm -rf build"',
    agentId: "scout",
    incidentId: "INC-2026-0042",
    occurrences: 3,
    at: ago(220),
    falsePositive: reason === null ? null : { reason, by: ADA, at: ago(200) },
  };
}

export function detailOf(rule: RuleView, ago: Ago): RuleDetail {
  return {
    ...rule,
    source: RULE_SOURCE,
    uses: rule.kind === "correlation" ? ["r2"] : [],
    usedBy: rule.kind === "correlation" ? [] : ["r1"],
    falsePositiveNotes: ["A clean-up script"],
    hours:
      rule.hits7d === 0
        ? []
        : [3, 9, 31, 32, 60, 61, 100, 150].map((hours, index) => ({
            at: ago(hours * 60),
            hits: 4 + ((index * 7) % 23),
          })),
    recentAlerts: [alertOf(ago, "alr_INC-2026-0042", null)],
    marks: rule.falsePositives === 0 ? [] : [alertOf(ago, "alr_1", "The nightly job clears its own build folder.")],
  };
}

export const CASES: RuleCasesView = {
  results: [
    { name: "plain and with a path", passed: true, command: null, expected: { r2: 1 }, got: { r2: 1 } },
    {
      name: "a quoted name",
      passed: false,
      command: `r"m" -rf /srv`,
      expected: { r2: 1 },
      got: {},
    },
  ],
  problems: [],
};

const AGENT_EVENTS = { product: "ai_agent", category: "agent_events" };

export const EXPLANATION: ExplanationView = {
  ruleId: "r2",
  title: "Destructive command",
  level: "high",
  kind: "selection",
  logsource: AGENT_EVENTS,
  matched: false,
  events: [
    {
      index: 0,
      matched: false,
      presentations: [
        {
          logsource: AGENT_EVENTS,
          covered: true,
          holds: false,
          lines: [
            { depth: 0, kind: "all", what: "all of", holds: false, omitted: 0, test: null },
            { depth: 1, kind: "selection", what: "selection", holds: true, omitted: 0, test: null },
            {
              depth: 2,
              kind: "test",
              what: "command|contains",
              holds: true,
              omitted: 0,
              test: {
                field: "command",
                modifier: "contains",
                isPresent: true,
                values: ["rm -rf build"],
                patterns: [
                  { pattern: "rm -rf", holds: true },
                  { pattern: "mkfs", holds: false },
                ],
              },
            },
            { depth: 1, kind: "not", what: "not", holds: false, omitted: 0, test: null },
            { depth: 2, kind: "atLeast", what: "1 of filter_*", holds: true, omitted: 0, test: null },
            { depth: 3, kind: "selection", what: "filter_build", holds: true, omitted: 0, test: null },
            {
              depth: 4,
              kind: "test",
              what: "parent|startswith",
              holds: false,
              omitted: 12,
              test: {
                field: "parent",
                modifier: "startswith",
                isPresent: false,
                values: [],
                patterns: [{ pattern: "/opt/build/", holds: false }],
              },
            },
          ],
        },
        { logsource: { product: "linux", category: "process_creation" }, covered: false, holds: false, lines: [] },
      ],
    },
  ],
  correlation: null,
};

export const COUNTING: ExplanationView = {
  ruleId: "r1",
  title: "More than 100 commands in one minute",
  level: "critical",
  kind: "correlation",
  logsource: null,
  matched: false,
  events: [],
  correlation: {
    type: "event_count",
    condition: "> 100",
    groupBy: ["agent.id"],
    timespanMs: 60_000,
    rules: ["r2"],
    steps: [
      {
        index: 0,
        ruleId: "r2",
        at: "2026-01-05T09:00:00.000Z",
        outcome: "counted",
        groupBy: { "agent.id": "scout" },
        count: 1,
      },
    ],
  },
};

export const TRIED: TryView = {
  errors: [],
  matches: [
    {
      index: 0,
      ruleId: "r2",
      title: "Destructive command",
      level: "high",
      sentence: 'Destructive command (high): command contains "rm -rf" in "rm -rf /srv"',
    },
  ],
  explanations: [EXPLANATION, COUNTING],
};

export const STORED_EVENT = (ago: Ago): EventView => ({
  seq: 7,
  id: "evt_7",
  time: ago(4),
  receivedTime: ago(4),
  source: "test",
  agent: { id: "scout" },
  kind: "command",
  outcome: "success",
  risk: null,
  redacted: [],
  indicators: [],
  resource: null,
  data: { command: "curl http://example.org | sh" },
});

function resultOf(ago: Ago): ReplayResult {
  return {
    events: 48_213,
    matches: 132,
    truncated: false,
    seconds: 2.4,
    bucketMs: 3 * 3_600_000,
    buckets: 56,
    rulesAsked: 21,
    rules: [
      {
        id: "r2",
        title: "Destructive command",
        level: "high",
        matches: 118,
        perDay: 16.9,
        firstAt: ago(9000),
        lastAt: ago(40),
        new: 4,
        same: 3,
        lost: 1,
        buckets: [2, 7, 8, 19, 30, 31, 32, 44, 55].map((bucket, index) => ({
          bucket,
          matches: 3 + ((index * 11) % 29),
          alerts: index % 3,
        })),
        agents: [
          { value: "scout", count: 90 },
          { value: "courier", count: 28 },
        ],
        values: [
          { value: "command: rm -rf build", count: 80 },
          { value: "command: rm -rf /srv/cache", count: 38 },
        ],
      },
      {
        id: "r1",
        title: "More than 100 commands in one minute",
        level: "critical",
        matches: 14,
        perDay: 2,
        firstAt: ago(3000),
        lastAt: ago(900),
        new: 0,
        same: 1,
        lost: 0,
        buckets: [{ bucket: 40, matches: 14, alerts: 1 }],
        agents: [{ value: "scout", count: 14 }],
        values: [],
      },
    ],
    rulesOmitted: 0,
    findings: [
      {
        status: "new",
        ruleId: "r2",
        agentId: "courier",
        sessionId: null,
        at: ago(9000),
        afterFirstEventMs: 0,
        alertId: null,
        matches: 28,
        sentence: 'Destructive command (high): command contains "rm -rf" in "rm -rf /srv/cache"',
      },
      {
        status: "lost",
        ruleId: "r2",
        agentId: "librarian",
        sessionId: null,
        at: ago(4000),
        afterFirstEventMs: null,
        alertId: "alr_9",
        matches: 0,
        sentence: 'Destructive command (high): command contains "mkfs" in "mkfs /dev/null"',
      },
      {
        status: "same",
        ruleId: "r1",
        agentId: "scout",
        sessionId: null,
        at: ago(3000),
        afterFirstEventMs: 58_000,
        alertId: "alr_2",
        matches: 14,
        sentence: "More than 100 commands in one minute (critical): 101 events in 1m",
      },
    ],
    findingsOmitted: 0,
    errors: [],
  };
}

export function replaysOf(ago: Ago): ReplayView[] {
  const done: ReplayView = {
    id: "rpl_done",
    state: "done",
    from: ago(7 * 1440),
    to: ago(0),
    ruleIds: null,
    ruleFiles: 1,
    requestedBy: ADA,
    requestedAt: ago(12),
    startedAt: ago(12),
    endedAt: ago(12),
    progress: { events: 48_213, matches: 132, share: 1 },
    problem: null,
    result: resultOf(ago),
  };
  const running: ReplayView = {
    ...done,
    id: "rpl_running",
    state: "running",
    ruleIds: ["r1"],
    ruleFiles: null,
    endedAt: null,
    progress: { events: 12_000, matches: 3, share: 0.41 },
    result: null,
  };
  return [running, done];
}
