import type { AgentEvent, Certainty, DataClass, RedactionCategory } from "@firebreak/protocol";
import { readFilePath, readRemoteHost } from "../../detection/index.ts";
import { collectCommands } from "./collect-commands.ts";
import type { FactBook, Finding, PlacedEvent } from "./facts.ts";
import { noteContact, noteFile, noteOutflow } from "./noting.ts";
import type { FileAct, Noting } from "./noting.ts";
import { suggestClass } from "./path-kinds.ts";

/** Reads one event for what it says of the damage. */
export function collectFacts(book: FactBook, placed: PlacedEvent): void {
  const { event } = placed;
  const noting: Noting = { book, placed, classes: classesOf(event) };
  noteRedactions(noting);
  noteSkills(noting);
  switch (event.kind) {
    case "file":
      noteFileEvent(noting, fileAct(text(event.data, "operation", "action", "access")));
      break;
    case "tool_call":
      collectCommands(noting);
      noteToolCall(noting);
      break;
    case "command":
      collectCommands(noting);
      break;
    case "network":
      noteNetwork(noting);
      break;
    case "auth":
      noteSignIn(noting);
      break;
    case "message":
      noteMessage(noting);
      break;
    case "transaction":
      noteTransaction(noting);
      break;
    case "prompt":
    case "model_output":
    case "metric":
    case "heartbeat":
    case "lifecycle":
    case "log":
      break;
    default:
      event.kind satisfies never;
  }
}

function fileAct(words: string): FileAct {
  if (/delet|remov|unlink/i.test(words)) return "deleted";
  if (/writ|creat|append|modif|edit|put|renam|patch|updat|save|chmod|replace/i.test(words)) return "wrote";
  return /read|open|get|view|cat|search|grep|list|glob/i.test(words) ? "read" : "touched";
}

/** What the event's outcome makes of a thing that it tells of itself. */
function judge(event: AgentEvent): Pick<Finding, "certainty" | "why"> {
  switch (event.outcome) {
    case "success":
      return { certainty: "observed", why: `${event.source} reports that it succeeded` };
    case "unknown":
      return { certainty: "inferred", why: `${event.source} reports it without saying whether it succeeded` };
    case "denied":
      return { certainty: "attempted", why: `${event.source} reports that it was denied` };
    case "failure":
      return { certainty: "attempted", why: `${event.source} reports that it failed` };
    default:
      return event.outcome satisfies never;
  }
}

function noteFileEvent(noting: Noting, act: FileAct): void {
  const { event } = noting.placed;
  const path = readFilePath(event);
  if (path !== undefined && path !== "" && event.data["event_type"] !== SKILL_CHECK)
    noteFile(noting, act, path, judge(event));
}

function noteToolCall(noting: Noting): void {
  const { event } = noting.placed;
  const tool = text(event.data, "tool_name", "tool", "name");
  const path = readFilePath(event) ?? pathInArguments(event);
  if (path !== undefined && path !== "") noteFile(noting, fileAct(tool), path, judge(event));
  const host =
    text(event.data, "url", "remote_host", "destination", "hostname", "domain") === ""
      ? undefined
      : readRemoteHost(event);
  if (host !== undefined) noteContact(noting, host, judge(event));
  const server = text(event.data, "mcp_server", "server");
  if (server !== "") {
    const says = `used the tool server ${server}`;
    noting.book.note(noting.placed, { section: "reach", kind: "tool", subject: server, says, ...judge(event) });
  }
}

const ARGUMENT_KEYS = ["arguments", "input", "tool_input", "args", "params"] as const;

function pathInArguments({ data }: AgentEvent): string | undefined {
  for (const key of ARGUMENT_KEYS) {
    const holder = data[key];
    if (typeof holder !== "object" || holder === null || Array.isArray(holder)) continue;
    const path = text(holder as Readonly<Record<string, unknown>>, "file_path", "path", "filename", "notebook_path");
    if (path !== "") return path;
  }
  return undefined;
}

/** What senders call the bytes that left. */
const SENT_KEYS = ["bytes_sent", "bytes_out", "sent_bytes", "bytesSent", "bytes_uploaded", "upload_bytes", "request_bytes", "http.request.body.size"] as const; // prettier-ignore

function bytesSent({ data }: AgentEvent): number | undefined {
  for (const key of SENT_KEYS) {
    const value = typeof data[key] === "string" && /^\d{1,15}$/.test(data[key]) ? Number(data[key]) : data[key];
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  }
  return undefined;
}

function noteNetwork(noting: Noting): void {
  const { event } = noting.placed;
  const host = readRemoteHost(event);
  if (host === undefined) return;
  const judged = judge(event);
  noteContact(noting, host, judged);
  const bytes = bytesSent(event);
  const isSending = /^(?:POST|PUT|PATCH)$/i.test(text(event.data, "method"));
  if (bytes === 0 || (bytes === undefined && !isSending)) return;
  // bytes that left are no guess, whatever became of the request
  const counted = { certainty: "observed" as const, why: `${event.source} counted the bytes` };
  const left = bytes === undefined || event.outcome === "denied" ? judged : counted;
  noteOutflow(noting, host, bytes, left);
}

function noteSignIn({ book, placed }: Noting): void {
  const { event } = placed;
  const user = text(event.data, "user", "user_name", "username", "account");
  const where = event.resource ?? text(event.data, "service", "host", "url");
  if (user === "" && where === "") return;
  const subject = `${user === "" ? "an unnamed account" : user}${where === "" ? "" : ` at ${where}`}`;
  const judged = judge(event);
  const says = `signed in as ${subject}`;
  book.note(placed, { section: "credentials", kind: "used", subject, says, classes: ["secret"], ...judged });
  if (user !== "")
    book.note(placed, {
      section: "reach",
      kind: "account",
      subject: user,
      says: `used the account ${user}`,
      ...judged,
    });
}

function noteMessage({ book, placed }: Noting): void {
  const { event } = placed;
  const to = text(event.data, "to", "recipient", "target", "to_agent", "channel");
  if (to !== "")
    book.note(placed, {
      section: "reach",
      kind: "recipient",
      subject: to,
      says: `sent a message to ${to}`,
      ...judge(event),
    });
}

function noteTransaction({ book, placed, classes }: Noting): void {
  const { event } = placed;
  const to = text(event.data, "to", "recipient", "address") || (event.resource ?? "");
  if (to === "") return;
  const what = [text(event.data, "amount", "value"), text(event.data, "token", "asset", "currency")]
    .filter(Boolean)
    .join(" ");
  const says = `moved value to ${to}${what === "" ? "" : `: ${what}`}`;
  const subject = JSON.stringify([to, what]);
  book.note(placed, {
    section: "outflow",
    kind: "value",
    subject,
    says,
    classes: [...classes, "financial"],
    ...judge(event),
  });
}

const CLASSES: Readonly<Partial<Record<RedactionCategory, DataClass>>> = {
  SSN: "personal",
  EMAIL: "personal",
  PHONE: "personal",
  ADDR: "personal",
  NAME: "personal",
  DOB: "personal",
  CC: "financial",
  BANK: "financial",
  KEY: "secret",
  PWD: "secret",
};

function classesOf({ redacted = [] }: AgentEvent): DataClass[] {
  return [...new Set(redacted.flatMap(({ category, type }) => CLASSES[category] ?? suggestClass(type) ?? []))];
}

/** What the intake found in an event stood in it: it was seen by the agent, or sent by it. */
function noteRedactions({ book, placed }: Noting): void {
  const { event } = placed;
  for (const { category, type, count } of event.redacted ?? []) {
    const found = CLASSES[category] ?? suggestClass(type);
    if (found === undefined) continue;
    const shared = {
      certainty: "observed" as Certainty,
      why: "found at the intake, before it was stored",
      figures: { values: count },
      classes: [found],
    };
    if (found === "secret") {
      book.note(placed, {
        section: "credentials",
        kind: "exposed",
        subject: type,
        says: `had a secret in its events: ${type}`,
        ...shared,
      });
    } else {
      book.note(placed, {
        section: "data",
        kind: "found",
        subject: `${category} ${type}`,
        says: `had ${found} data in its events: ${type}`,
        ...shared,
      });
    }
  }
}

const SKILL_CHECK = "skill_integrity_failed";

/** The comparison of skills with their baseline, as the server reports it. */
function noteSkills({ book, placed }: Noting): void {
  const { event } = placed;
  if (event.data["event_type"] !== SKILL_CHECK) return;
  const isOwn = event.source === "firebreak";
  const judged = isOwn
    ? { certainty: "observed" as const, why: "compared with the signed baseline" }
    : { certainty: "inferred" as const, why: `${event.source} says so, which did not make the baseline` };
  for (const [key, act] of [
    ["added_skills", "appeared"],
    ["modified_skills", "was changed"],
  ] as const) {
    const names = event.data[key];
    for (const name of Array.isArray(names) ? names.slice(0, 50) : []) {
      if (typeof name !== "string") continue;
      book.note(placed, {
        section: "persistence",
        kind: "skill",
        subject: name,
        says: `has a skill that ${act}: ${name}`,
        ...judged,
      });
    }
  }
}

function text(data: Readonly<Record<string, unknown>>, ...keys: readonly string[]): string {
  for (const key of keys) {
    const value = data[key];
    if (typeof value === "string" && value !== "") return value.slice(0, 1_024);
    if (typeof value === "number") return String(value);
  }
  return "";
}
