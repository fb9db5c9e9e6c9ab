/** PagerDuty Events API v2 and v1, as published in its api-schema (reference/events-v2) and developer documentation. */
import type { Signal } from "../../alerts/index.ts";
import {
  agentOf,
  detailOf,
  firstText,
  isKey,
  isObject,
  judgeSeverity,
  labelsOf,
  linksOf,
  refuse,
  signalOf,
  textOf,
  timeOf,
} from "../reading.ts";
import type { Json, ReaderContext, Refused } from "../reading.ts";

const DEDUP_KEY_CHARACTERS_MAX = 255;

const ACTIONS: readonly Signal["action"][] = ["trigger", "acknowledge", "resolve"];

/** The answer names the key, so the reader gives it back too. */
export type PagerDutyReading =
  | Refused
  | { readonly ok: true; readonly signals: readonly [Signal]; readonly key: string };

function isBlank(value: unknown): boolean {
  return textOf(value).trim() === "";
}

/** An event of `POST /v2/enqueue`. The routing key was looked at before. */
export function readEventV2(body: Json, ctx: ReaderContext): PagerDutyReading {
  const action = ACTIONS.find((known) => known === body["event_action"]);
  const payload = isObject(body["payload"]) ? body["payload"] : {};
  const errors = [
    ...faultsOfAction(body["event_action"], action),
    ...faultsOfKey(body["dedup_key"], action, "dedup_key"),
  ];
  if (action === "trigger") {
    if (isBlank(payload["summary"])) errors.push("'payload.summary' is missing or blank");
    if (isBlank(payload["source"])) errors.push("'payload.source' is missing or blank");
  }
  const judged = judgeSeverity(ctx, "pagerduty", payload["severity"]);
  if (action === "trigger" && judged.refusal !== null) {
    errors.push(
      "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    );
  }
  if (action === undefined || errors.length > 0) return refuse(...errors);
  const key = isKey(body["dedup_key"]) ? body["dedup_key"] : ctx.newKey();
  const details = isObject(payload["custom_details"]) ? payload["custom_details"] : {};
  const signal = signalOf(ctx, {
    key,
    action,
    title: firstText(payload["summary"], key),
    severity: judged.severity,
    notes: action === "trigger" ? judged.notes : [],
    labels: {
      ...labelsOfDetails(details),
      ...labelsOf({
        source: payload["source"],
        component: payload["component"],
        group: payload["group"],
        class: payload["class"],
      }),
    },
    links: linksOf([
      { href: body["client_url"], text: body["client"] },
      ...listOf(body["links"]).map(({ href, text }) => ({ href, text })),
      ...listOf(body["images"]).map(({ href, src, alt }) => ({ href: href ?? src, text: alt })),
    ]),
    startsAtMs: timeOf(payload["timestamp"]) ?? ctx.nowMs,
    ...agentOf(details),
    detail: detailOf(details),
  });
  return { ok: true, signals: [signal], key };
}

function faultsOfAction(given: unknown, action: Signal["action"] | undefined): string[] {
  if (action !== undefined) return [];
  return isBlank(given)
    ? ["'event_action' is missing or blank"]
    : ["'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"];
}

function faultsOfKey(given: unknown, action: Signal["action"] | undefined, name: string): string[] {
  const isLeftOut = given === undefined || given === null || given === "";
  if (isLeftOut) return action === "acknowledge" || action === "resolve" ? [`'${name}' is missing or blank`] : [];
  return isKey(given, DEDUP_KEY_CHARACTERS_MAX)
    ? []
    : [`'${name}' is invalid (must be text of at most ${DEDUP_KEY_CHARACTERS_MAX} characters)`];
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/**
 * Alertmanager packs a group into one event and sends its alerts in `firing`: what all of them share are its labels, so
 * that silences and routes find it.
 */
function labelsOfDetails(details: Json): Record<string, string> {
  const [first, ...others] = listOf(details["firing"]).map((alert) => labelsOf(alert["labels"]));
  if (first === undefined) return {};
  return Object.fromEntries(Object.entries(first).filter(([name, text]) => others.every((one) => one[name] === text)));
}

/** An event of the older API, `POST /generic/2010-04-15/create_event.json`. It knows no severity. */
export function readEventV1(body: Json, ctx: ReaderContext): PagerDutyReading {
  const action = ACTIONS.find((known) => known === body["event_type"]);
  const errors = [...faultsOfKey(body["incident_key"], action, "incident_key")];
  if (action === undefined) errors.unshift("Event type must be one of trigger, acknowledge or resolve");
  if (action === "trigger" && isBlank(body["description"])) errors.push("Description is missing or blank");
  if (action === undefined || errors.length > 0) return refuse(...errors);
  const key = isKey(body["incident_key"]) ? body["incident_key"] : ctx.newKey();
  const details = isObject(body["details"]) ? body["details"] : {};
  const word = details["severity"] ?? "error";
  const { severity, notes } = judgeSeverity({ ...ctx, strict: false }, "label", word);
  const signal = signalOf(ctx, {
    key,
    action,
    title: firstText(body["description"], key),
    severity,
    notes,
    labels: { ...labelsOfDetails(details), ...labelsOf({ client: body["client"] }) },
    links: linksOf([
      { href: body["client_url"], text: body["client"] },
      ...listOf(body["contexts"]).map(({ href, src, text, alt }) => ({ href: href ?? src, text: text ?? alt })),
    ]),
    ...agentOf(details),
    detail: detailOf(details),
  });
  return { ok: true, signals: [signal], key };
}

/** Something that was changed, such as a deployment: no alert, but the first thing to ask about. */
export interface Change {
  readonly summary: string;
  readonly origin: string | null;
  readonly atMs: number;
  readonly links: Signal["links"];
  readonly detail: Json;
}

/** A change of `POST /v2/change/enqueue`. */
export function readChange(body: Json, ctx: ReaderContext): Refused | { readonly ok: true; readonly change: Change } {
  const payload = isObject(body["payload"]) ? body["payload"] : {};
  if (isBlank(payload["summary"])) return refuse("'payload.summary' is missing or blank");
  return {
    ok: true,
    change: {
      summary: textOf(payload["summary"]),
      origin: textOf(payload["source"]) || null,
      atMs: timeOf(payload["timestamp"]) ?? ctx.nowMs,
      links: linksOf([
        ...listOf(body["links"]).map(({ href, text }) => ({ href, text })),
        ...listOf(body["images"]).map(({ href, src, alt }) => ({ href: href ?? src, text: alt })),
      ]),
      detail: detailOf(isObject(payload["custom_details"]) ? payload["custom_details"] : {}),
    },
  };
}
