/** CloudEvents 1.0 over HTTP: structured, binary and batch. */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Signal } from "../../alerts/index.ts";
import { firstText, isKey, isObject, refuse, SIGNALS_MAX, textOf } from "../reading.ts";
import type { Json, ReaderContext, Reading } from "../reading.ts";
import type { WebhookTemplate } from "../template.ts";
import { DEFAULT_TEMPLATE, readByTemplate } from "./webhook.ts";

const STRUCTURED = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";

/** What came over the wire, as far as the mode of an event needs it. */
export interface CloudEventMessage {
  readonly headers: IncomingHttpHeaders;
  /** @throws when the body is not JSON */
  readonly json: () => unknown;
  readonly body: Buffer;
}

/** The modes of CloudEvents differ only in where the attributes stand. `unsupported` is a media type that is none of them. */
export function eventsOf(message: CloudEventMessage): readonly unknown[] | "unsupported" {
  const media = (message.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (media === STRUCTURED) return [message.json()];
  if (media === BATCH) {
    const events = message.json();
    return Array.isArray(events) ? events : [events];
  }
  if (message.headers["ce-specversion"] === undefined) return "unsupported";
  return [{ ...attributesOf(message.headers), data: dataOf(message, media ?? "") }];
}

/** Attributes of the binary mode are headers whose values are percent-encoded. */
function attributesOf(headers: IncomingHttpHeaders): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith("ce-"));
  return Object.fromEntries(own.map(([name, value]) => [name.slice("ce-".length), decode(String(value))]));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function dataOf({ body, json }: CloudEventMessage, media: string): unknown {
  if (body.length === 0) return undefined;
  return media === "application/json" || media.endsWith("+json") ? json() : body.toString("utf8").slice(0, 65_536);
}

/** How an event is read for which nobody wrote a template. `/data` is the event's data, the attributes stand beside it. */
export function readEvents(events: readonly unknown[], template: WebhookTemplate | null, ctx: ReaderContext): Reading {
  if (events.length > SIGNALS_MAX) return refuse(`send at most ${SIGNALS_MAX} events at once`);
  const signals: Signal[] = [];
  const errors: string[] = [];
  for (const [index, event] of events.entries()) {
    const faults = faultsOf(event);
    const reading = faults.length > 0 || !isObject(event) ? refuse(...faults) : readEvent(event, template, ctx);
    if (reading.ok) signals.push(...reading.signals);
    else errors.push(...reading.errors.map((error) => (events.length === 1 ? error : `event ${index}: ${error}`)));
  }
  return errors.length > 0 ? refuse(...errors.slice(0, 20)) : { ok: true, signals };
}

function faultsOf(event: unknown): string[] {
  if (!isObject(event)) return ["a CloudEvent is an object"];
  const faults: string[] = [];
  if (event["specversion"] !== "1.0") faults.push("specversion must be 1.0");
  for (const name of ["id", "source", "type"]) {
    if (textOf(event[name]).trim() === "") faults.push(`the attribute ${name} is missing or empty`);
  }
  return faults;
}

function readEvent(event: Json, template: WebhookTemplate | null, ctx: ReaderContext): Reading {
  if (template !== null) return readByTemplate(event, template, ctx);
  const data = isObject(event["data"]) ? event["data"] : {};
  return readByTemplate({ ...event, data, ...ownNames(event, data) }, DEFAULT_TEMPLATE, ctx);
}

/** Its source and its id; a hash of them where they are too long for a key. */
function identityOf(event: Json): string {
  const identity = `${textOf(event["source"])} ${textOf(event["id"])}`;
  return isKey(identity) ? identity : createHash("sha256").update(identity).digest("hex");
}

/** Without a template: names that data of alerts mostly has, else the event's own attributes. */
function ownNames(event: Json, data: Json): Json {
  const last = textOf(event["type"]).split(".").at(-1)?.toLowerCase();
  const said = firstText(data["action"], data["status"], data["state"]);
  return {
    title: firstText(
      data["title"],
      data["summary"],
      data["message"],
      `${textOf(event["type"])} ${textOf(event["subject"])}`,
    ),
    // the source and the id name an event; a key in its data says which events are about the same thing
    key: firstText(data["key"], data["dedup_key"], identityOf(event)),
    text: firstText(data["text"], data["description"]),
    action: said || (last === "resolved" || last === "acknowledged" ? last : "trigger"),
    severity: firstText(data["severity"], event["severity"]),
    startsAt: firstText(event["time"]),
    link: firstText(data["link"], data["url"]),
  };
}
