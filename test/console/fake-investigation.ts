/** The timeline and the impact of an incident, as the server would answer them. */
import type {
  Annotation,
  ExportedDocument,
  ImpactStatement,
  ImpactView,
  IncidentDetail,
  InvestigationEntry,
  InvestigationTimeline,
  LiveMessage,
  TimelineSource,
} from "@firebreak/protocol";
import { ADA } from "./sample-data.ts";

interface Call {
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}

const SOURCES: Readonly<Record<string, TimelineSource>> = {
  alert: "alert",
  note: "note",
  stop: "stop",
  run: "playbook",
  evidence: "evidence",
  delivery: "notification",
};

function entryOf(
  given: Partial<InvestigationEntry> & Pick<InvestigationEntry, "ref" | "at" | "text" | "source">,
): InvestigationEntry {
  return {
    sourceTime: given.at,
    receivedTime: null,
    correctionMs: 0,
    kind: given.source,
    from: "agent",
    actor: null,
    agentId: "scout",
    sessionId: null,
    outcome: null,
    risk: null,
    redacted: [],
    links: [],
    leafHash: null,
    pinned: false,
    hidden: false,
    annotations: [],
    ...given,
  };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const before = (at: string, ms: number) => new Date(Date.parse(at) - ms).toISOString();

/** What an agent did before it was stopped, beside what is on record. */
function telemetryOf({ openedAt }: IncidentDetail): InvestigationEntry[] {
  const at = (ms: number) => ({ at: before(openedAt, ms), sourceTime: before(openedAt, ms), kind: "command" });
  return [
    entryOf({
      ref: "event:1",
      source: "telemetry",
      ...at(40_000),
      text: "Command: cat ~/.ssh/id_ed25519",
      risk: "high",
      redacted: ["KEY"],
    }),
    entryOf({
      ref: "event:2",
      source: "telemetry",
      ...at(30_000),
      sourceTime: before(openedAt, 1_230_000),
      correctionMs: 1_200_000,
      from: "gateway",
      text: "Network: PUT https://drop.example/in",
      risk: "critical",
    }),
    entryOf({ ref: "event:3", source: "telemetry", ...at(20_000), text: "Command: ls -la" }),
    entryOf({
      ref: "gap:silence/scout",
      source: "gap",
      ...at(10_000),
      from: "Firebreak",
      text: "No heartbeat of supervisor for 170 s (it beats every 10 s): what scout did then may be missing",
    }),
  ];
}

const CLOCKS: InvestigationTimeline["clocks"] = [
  {
    agentId: "scout",
    source: "agent",
    events: 118,
    medianMs: 21,
    lowMs: 8,
    highMs: 60,
    state: "in_step",
    correctionMs: 0,
  },
  {
    agentId: "scout",
    source: "gateway",
    events: 12,
    medianMs: 1_200_000,
    lowMs: 1_199_800,
    highMs: 1_200_400,
    state: "corrected",
    correctionMs: 1_200_000,
  },
];

type Marks = Map<string, Pick<InvestigationEntry, "pinned" | "hidden" | "annotations">>;

const kept = new WeakMap<IncidentDetail, Marks>();

function marksOf(incident: IncidentDetail): Marks {
  const marks: Marks = kept.get(incident) ?? new Map();
  kept.set(incident, marks);
  return marks;
}

function timelineOf(incident: IncidentDetail, query: URLSearchParams): InvestigationTimeline {
  const marks = marksOf(incident);
  const record = incident.timeline.map((entry) =>
    entryOf({
      ref: `record:${entry.id}`,
      at: entry.at,
      source: SOURCES[entry.kind.split(".")[0] ?? ""] ?? "state",
      kind: entry.kind,
      from: entry.source,
      actor: entry.actor,
      text: entry.text,
    }),
  );
  const telemetry = incident.agentId === "scout" && incident.timeline.length > 0 ? telemetryOf(incident) : [];
  const isAll = query.get("view") === "all";
  const sources = query.get("sources")?.split(",");
  const items = [...record, ...telemetry]
    .map((entry) => ({ ...entry, ...marks.get(entry.ref) }))
    .filter((entry) => sources === undefined || sources.includes(entry.source))
    .filter(
      (entry) => isAll || (!entry.hidden && (entry.source !== "telemetry" || entry.pinned || entry.risk !== null)),
    )
    .toSorted((one, other) => other.at.localeCompare(one.at));
  return {
    incidentId: incident.id,
    from: incident.beganAt,
    to: incident.updatedAt,
    agents: ["scout"],
    events: 130,
    clocks: telemetry.length > 0 ? CLOCKS : [],
    items,
    next: null,
  };
}

function statement(
  id: string,
  given: Partial<ImpactStatement> & Pick<ImpactStatement, "section" | "text">,
): ImpactStatement {
  return {
    id,
    kind: "file",
    subject: id,
    certainty: "observed",
    why: "agent reports that it succeeded",
    classes: [],
    figures: {},
    events: [{ ref: "event:1", id: "evt-1", at: "2026-11-20T12:00:00.000Z" }],
    eventCount: 1,
    links: [],
    ...given,
  };
}

function impactOf(incident: IncidentDetail, computedAt: string): ImpactView {
  return {
    incidentId: incident.id,
    version: 3,
    computedAt,
    computedBy: { kind: "daemon", id: "firebreak", name: "firebreak" },
    sha256: "0".repeat(64),
    from: before(computedAt, 3_600_000),
    to: computedAt,
    eventsRead: 130,
    limits: ["2 events were received in this time but say that they are older; they are not in it"],
    statements: [
      statement("dwell", { section: "dwell", text: "It was detected 99 s after the first suspicious event" }),
      statement("agents", { section: "blast_radius", text: "1 agent: scout" }),
      statement("customers", {
        section: "data",
        text: "scout read /srv/customers.csv (2 events)",
        classes: ["personal"],
      }),
      statement("titled", { section: "data", text: `scout wrote ${incident.title}`, certainty: "inferred" }),
      statement("key", {
        section: "credentials",
        text: "scout read ~/.ssh/id_ed25519 (SSH private key) (1 event)",
        certainty: "inferred",
        classes: ["secret"],
      }),
      statement("drop", { section: "reach", text: "scout contacted drop.example (3 events)", eventCount: 3 }),
      statement("sent", {
        section: "outflow",
        text: "scout sent data to drop.example: 5096 bytes (2 events)",
        eventCount: 2,
      }),
      statement("blocked", {
        section: "outflow",
        text: "scout tried and failed: sent data to blocked.example: 70 bytes (1 event)",
        certainty: "attempted",
      }),
      statement("cron", {
        section: "persistence",
        text: "scout set up a scheduled job (crontab): crontab - (1 event)",
        certainty: "inferred",
      }),
    ],
    graph: {
      nodes: [
        { id: "agent:scout", kind: "agent", label: "scout", isInternal: null },
        { id: "host:build-7", kind: "host", label: "build-7", isInternal: null },
        { id: "system:drop.example", kind: "system", label: "drop.example", isInternal: false },
        {
          id: "system:10.0.0.9",
          kind: "system",
          label: "10.0.0.9",
          isInternal: true,
        },
        { id: "account:deploy", kind: "account", label: "deploy", isInternal: null },
      ],
      edges: [
        { from: "agent:scout", to: "host:build-7", kind: "runs_on", certainty: "observed", events: 0, bytes: 0 },
        {
          from: "agent:scout",
          to: "system:drop.example",
          kind: "contacted",
          certainty: "observed",
          events: 3,
          bytes: 5096,
        },
        { from: "agent:scout", to: "system:10.0.0.9", kind: "contacted", certainty: "attempted", events: 1, bytes: 0 },
        { from: "agent:scout", to: "account:deploy", kind: "signed_in", certainty: "observed", events: 1, bytes: 0 },
      ],
    },
    regulatory: [
      {
        id: "gdpr",
        regime: "GDPR, article 33",
        duty: "notify the supervisory authority within 72 hours",
        clockStart: computedAt,
        clockFrom: "the detection of the incident",
        dueAt: before(computedAt, -72 * 3_600_000),
        fact: "personal data was in what the agent read, held or sent",
        certainty: "observed",
        statements: ["customers"],
      },
    ],
    versions: [{ version: 3, computedAt }],
  };
}

const DOCUMENT: ExportedDocument = {
  filename: "timeline.md",
  mediaType: "text/markdown; charset=utf-8",
  encoding: "utf8",
  content: "# Timeline\n",
  sha256: "0".repeat(64),
  entries: 1,
  isCut: false,
};

export function investigationRoutes(
  findIncident: (id: string) => IncidentDetail,
  now: () => string,
  change: (topic: LiveMessage["topic"], id: string) => void,
): Record<string, (call: Call) => unknown> {
  const mark = ({ id, body }: Call): null => {
    const marks = marksOf(findIncident(id));
    const ref = text(body["ref"]);
    const known = marks.get(ref) ?? { pinned: false, hidden: false, annotations: [] };
    const act = text(body["act"]);
    const note: Annotation = { text: text(body["text"]), actor: ADA, at: now() };
    marks.set(ref, {
      pinned: act === "pin" || (known.pinned && act !== "unpin"),
      hidden: act === "hide" || (known.hidden && act !== "unhide"),
      annotations: act === "annotate" ? [...known.annotations, note] : known.annotations,
    });
    change("incident", id);
    return null;
  };
  const impact = ({ id }: Call) => impactOf(findIncident(id), now());
  return {
    "GET /incidents/:id/timeline": ({ id, query }) => timelineOf(findIncident(id), query),
    "POST /incidents/:id/timeline/marks": mark,
    "POST /incidents/:id/timeline/export": () => DOCUMENT,
    "GET /incidents/:id/impact": impact,
    "POST /incidents/:id/impact": impact,
    "POST /incidents/:id/impact/export": () => ({ ...DOCUMENT, filename: "impact.md" }),
  };
}
