import type { EventView } from "@firebreak/protocol";

/** https://schema.ocsf.io/1.8.0 */
export const OCSF_VERSION = "1.8.0";

type Json = Readonly<Record<string, unknown>>;

/** A class of events: its number, what was done, and the objects that the class needs. */
interface Classified {
  readonly class: number;
  readonly activity: number;
  readonly activityName?: string;
  /** of the schema, whose attributes the objects use */
  readonly profiles?: readonly string[];
  readonly objects: Json;
}

const API_ACTIVITY = 6003;
const APPLICATION_LIFECYCLE = 6002;
const AUTHENTICATION = 3002;
const BASE_EVENT = 0;
const FILE_ACTIVITY = 1001;
const NETWORK_ACTIVITY = 4001;
const PROCESS_ACTIVITY = 1007;
const OTHER = 99;

const SEVERITIES: Readonly<Record<string, number>> = { low: 2, medium: 3, high: 4, critical: 5 };
const INFORMATIONAL = 1;
const STATUSES: Readonly<Record<string, number>> = { success: 1, failure: 2, denied: 2 };
const DENIED = 2;
const BLOCKED = 2;

/**
 * An event in the Open Cybersecurity Schema Framework. What the schema has no place for stands in `unmapped`, so that
 * nothing is lost.
 *
 * @param productVersion of Firebreak
 */
export function toOcsf(event: EventView, productVersion: string): Json {
  const found = classify(event);
  const isDenied = event.outcome === "denied";
  const { agent } = event;
  return {
    class_uid: found.class,
    category_uid: Math.floor(found.class / 1000),
    activity_id: found.activity,
    ...(found.activityName === undefined ? {} : { activity_name: found.activityName }),
    type_uid: found.class * 100 + found.activity,
    time: Date.parse(event.time),
    severity_id: SEVERITIES[event.risk ?? ""] ?? INFORMATIONAL,
    status_id: STATUSES[event.outcome] ?? 0,
    ...(isDenied ? { status_detail: "denied", action_id: DENIED, disposition_id: BLOCKED } : {}),
    metadata: {
      version: OCSF_VERSION,
      product: { name: "Firebreak", vendor_name: "Firebreak", version: productVersion },
      profiles: [...(found.profiles ?? []), ...(isDenied ? ["security_control"] : [])],
      original_event_uid: event.id,
      sequence: event.seq,
      event_code: event.kind,
      log_provider: event.source,
      original_time: event.time,
      logged_time: Date.parse(event.receivedTime),
      ...(agent.session === undefined ? {} : { correlation_uid: agent.session }),
      ...(agent.pack === undefined ? {} : { labels: [`pack:${agent.pack}`] }),
    },
    ...found.objects,
    unmapped: {
      agent,
      outcome: event.outcome,
      resource: event.resource,
      data: event.data,
      redacted: event.redacted,
      indicators: event.indicators,
    },
  };
}

function classify(event: EventView): Classified {
  const { kind } = event;
  switch (kind) {
    case "tool_call":
      return apiActivity(event, textAt(event, "tool_name", "tool") ?? "tool_call");
    case "prompt":
    case "model_output":
    case "message":
    case "transaction":
      return apiActivity(event, kind);
    case "command":
      return processActivity(event);
    case "file":
      return fileActivity(event);
    case "network":
      return networkActivity(event);
    case "auth":
      return authentication(event);
    case "lifecycle":
      return applicationLifecycle(event);
    case "metric":
    case "heartbeat":
    case "log":
      return { class: BASE_EVENT, activity: OTHER, activityName: kind, objects: messageOf(event) };
    default:
      return kind satisfies never;
  }
}

function actorOf({ agent }: EventView): Json {
  return { app_name: agent.id, ...(agent.session === undefined ? {} : { session: { uid: agent.session } }) };
}

/** What an agent runs on is not always told: the agent itself stands for it. */
function deviceOf(event: EventView): Json {
  const host = textAt(event, "host", "hostname");
  return { type_id: 0, name: event.agent.id, ...(host === undefined ? {} : { hostname: host }) };
}

function apiActivity(event: EventView, operation: string): Classified {
  const objects = {
    actor: actorOf(event),
    api: { operation, ...(event.agent.run === undefined ? {} : { request: { uid: event.agent.run } }) },
    src_endpoint: { name: event.agent.id },
    ...messageOf(event),
  };
  return { class: API_ACTIVITY, activity: OTHER, activityName: event.kind, objects };
}

function processActivity(event: EventView): Classified {
  const pid = event.data["pid"];
  const line = textAt(event, "command", "command_line", "cmd");
  const directory = textAt(event, "cwd");
  const process = {
    ...(typeof pid === "number" && Number.isSafeInteger(pid) ? { pid } : {}),
    // the schema wants a process named; the event that tells of it does so
    uid: event.id,
    ...(line === undefined ? {} : { cmd_line: line }),
    ...(directory === undefined ? {} : { working_directory: directory }),
  };
  const objects = { actor: actorOf(event), device: deviceOf(event), process };
  return { class: PROCESS_ACTIVITY, activity: 1, objects };
}

/** Before the first letters of `operation`, in this order. */
const FILE_ACTIVITIES: readonly (readonly [RegExp, number])[] = [
  [/^(?:creat|add|new)/i, 1],
  [/^(?:read|get|view|open|list)/i, 2],
  [/^(?:writ|updat|edit|modif|append|chang)/i, 3],
  [/^(?:delet|remov|unlink|rm\b)/i, 4],
  [/^(?:renam|mov|mv\b)/i, 5],
];

function fileActivity(event: EventView): Classified {
  const operation = textAt(event, "operation", "event") ?? "";
  const path = textAt(event, "file_path", "path") ?? event.resource ?? "unknown";
  const name = path.split(/[/\\]/).findLast((part) => part !== "") ?? path;
  const activity = FILE_ACTIVITIES.find(([pattern]) => pattern.test(operation))?.[1] ?? OTHER;
  const objects = { actor: actorOf(event), device: deviceOf(event), file: { name, path, type_id: 0 } };
  const activityName = operation === "" ? "file" : operation;
  return { class: FILE_ACTIVITY, activity, ...(activity === OTHER ? { activityName } : {}), objects };
}

function networkActivity(event: EventView): Classified {
  const url = textAt(event, "url") ?? event.resource ?? undefined;
  const host = textAt(event, "host", "address") ?? hostOf(url);
  const port = event.data["port"];
  const objects = {
    actor: actorOf(event),
    src_endpoint: { name: event.agent.id },
    ...(host === undefined ? {} : { dst_endpoint: { hostname: host, ...(isPort(port) ? { port } : {}) } }),
    ...(url === undefined ? {} : { url: { url_string: url } }),
  };
  return { class: NETWORK_ACTIVITY, activity: event.outcome === "denied" ? 5 : 6, profiles: ["host"], objects };
}

function isPort(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
}

function hostOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  return hostname === "" ? undefined : hostname;
}

function authentication(event: EventView): Classified {
  const user = textAt(event, "user", "user_name", "username", "actor") ?? event.agent.id;
  const address = textAt(event, "address", "ip", "src_ip");
  const objects = {
    actor: actorOf(event),
    user: { name: user },
    service: { name: event.source },
    ...(address === undefined ? {} : { src_endpoint: { ip: address } }),
    ...messageOf(event),
  };
  const isEnd = /log\s?out|log\s?off|sign.?out|session closed/i.test(textAt(event, "event", "message") ?? "");
  return { class: AUTHENTICATION, activity: isEnd ? 2 : 1, objects };
}

function applicationLifecycle(event: EventView): Classified {
  const name = textAt(event, "event", "event_type", "state") ?? "lifecycle";
  const activity = /start|begin|register/i.test(name) ? 3 : /stop|exit|end|kill|finish/i.test(name) ? 4 : OTHER;
  const objects = { app: { name: event.agent.id, vendor_name: event.agent.pack ?? event.source }, ...messageOf(event) };
  return { class: APPLICATION_LIFECYCLE, activity, ...(activity === OTHER ? { activityName: name } : {}), objects };
}

const MESSAGE_CHARACTERS_MAX = 8_192;

function messageOf(event: EventView): Json {
  const message = textAt(event, "message", "content", "text", "reason");
  return message === undefined ? {} : { message: message.slice(0, MESSAGE_CHARACTERS_MAX).toWellFormed() };
}

function textAt({ data }: EventView, ...names: readonly string[]): string | undefined {
  const found = names.map((name) => data[name]).find((value) => typeof value === "string" && value !== "");
  return typeof found === "string" ? found : undefined;
}
