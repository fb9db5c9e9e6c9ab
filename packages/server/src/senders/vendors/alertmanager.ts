/** What Alertmanager and Grafana send to a webhook, and what Prometheus sends to an Alertmanager (API v2). */
import type { Signal } from "../../alerts/index.ts";
import {
  detailOf,
  firstText,
  isObject,
  judgeSeverity,
  labelsOf,
  linksOf,
  longTextOf,
  refuse,
  SIGNALS_MAX,
  signalOf,
  textOf,
  timeOf,
} from "../reading.ts";
import type { Json, ReaderContext, Reading } from "../reading.ts";
import { fingerprintOf, isFingerprint } from "./fingerprint.ts";

/** How long an alert of the API lives when its sender does not say: Alertmanager's `resolve_timeout`. */
const RESOLVE_TIMEOUT_MS = 5 * 60_000;

/**
 * A group of alerts as Alertmanager (version 4) and Grafana (version 1) post it to a webhook. Only `alerts[].labels` is
 * needed: the rest differs between versions, and users may replace the body by a template of their own.
 */
export function readWebhook(body: unknown, ctx: ReaderContext): Reading {
  if (!isObject(body) || !Array.isArray(body["alerts"])) {
    return refuse("send the body of an Alertmanager or Grafana webhook: an object with a list named alerts");
  }
  const { alerts } = body;
  if (alerts.length > SIGNALS_MAX) return refuse(`a group holds at most ${SIGNALS_MAX} alerts; lower max_alerts`);
  const notes = notesOfGroup(body);
  const signals: Signal[] = [];
  const errors: string[] = [];
  for (const [index, alert] of alerts.entries()) {
    const read = readAlertOfGroup(alert, { group: body, ctx, notes });
    if (typeof read === "string") errors.push(`alerts[${index}]: ${read}`);
    else signals.push(read);
  }
  return errors.length > 0 ? refuse(...errors.slice(0, 20)) : { ok: true, signals };
}

function notesOfGroup(group: Json): string[] {
  const { truncatedAlerts: left } = group;
  if (typeof left !== "number" || left <= 0) return [];
  return [`the sender left ${left} alerts of this group out; raise max_alerts`];
}

interface Group {
  readonly group: Json;
  readonly ctx: ReaderContext;
  readonly notes: readonly string[];
}

/** @returns the signal, or what is wrong with the alert */
function readAlertOfGroup(alert: unknown, { group, ctx, notes }: Group): Signal | string {
  if (!isObject(alert) || !isObject(alert["labels"])) return "labels is missing; it names the alert";
  const labels = labelsOf(alert["labels"]);
  const given = alert["fingerprint"];
  const read = readLabelled(alert, labels, ctx);
  if (typeof read === "string") return read;
  const isResolved = (alert["status"] ?? group["status"]) === "resolved";
  return signalOf(ctx, {
    ...read,
    key: isFingerprint(given) ? given : fingerprintOf(labels),
    action: isResolved ? "resolve" : "trigger",
    endsAtMs: isResolved ? (timeOf(alert["endsAt"]) ?? ctx.nowMs) : null,
    groupKey: textOf(group["groupKey"], 65_536) || null,
    notes: [...read.notes, ...notes],
    detail: detailOf({
      receiver: group["receiver"],
      externalUrl: group["externalURL"],
      groupLabels: group["groupLabels"],
      values: alert["values"],
      valueString: alert["valueString"],
      ruleUid: alert["ruleUID"],
      orgId: group["orgId"],
    }),
  });
}

/** What the label and annotations of an alert say, in every format that has them. */
function readLabelled(alert: Json, labels: Record<string, string>, ctx: ReaderContext) {
  const annotations = labelsOf(alert["annotations"]);
  const judged = judgeSeverity(ctx, "label", labels["severity"] ?? "error");
  if (judged.refusal !== null) return judged.refusal;
  return {
    title: firstText(annotations["summary"], annotations["title"], annotations["message"], nameOf(labels)),
    text: longTextOf(annotations["description"] ?? annotations["message"]),
    severity: judged.severity,
    notes: judged.notes,
    labels,
    annotations,
    startsAtMs: timeOf(alert["startsAt"]) ?? ctx.nowMs,
    links: linksOf([
      { href: annotations["runbook_url"], text: "Runbook" },
      { href: alert["generatorURL"], text: "Source" },
      { href: alert["dashboardURL"], text: "Dashboard" },
      { href: alert["panelURL"], text: "Panel" },
      { href: alert["silenceURL"], text: "Silence in Grafana" },
      { href: alert["imageURL"], text: "Image" },
    ]),
  };
}

function nameOf(labels: Readonly<Record<string, string>>): string {
  const name = labels["alertname"] ?? "Alert without a name";
  return labels["instance"] === undefined ? name : `${name} on ${labels["instance"]}`;
}

/**
 * Alerts as Prometheus posts them to an Alertmanager. Senders repeat an alert while it fires, and its end is the promise:
 * past it, the alert is over, whether or not anybody says so.
 *
 * @returns every alert that is valid, and what is wrong with the others: Alertmanager keeps the former too
 */
export function readPostedAlerts(
  body: unknown,
  ctx: ReaderContext,
): { readonly signals: readonly Signal[]; readonly errors: readonly string[] } {
  if (!Array.isArray(body)) return { signals: [], errors: ["the body must be an array of alerts"] };
  if (body.length > SIGNALS_MAX) return { signals: [], errors: [`at most ${SIGNALS_MAX} alerts at once`] };
  const signals: Signal[] = [];
  const errors: string[] = [];
  for (const [index, alert] of body.entries()) {
    const read = readPostedAlert(alert, ctx);
    if (typeof read === "string") errors.push(`alerts[${index}]: ${read}`);
    else signals.push(read);
  }
  return { signals, errors };
}

function readPostedAlert(alert: unknown, ctx: ReaderContext): Signal | string {
  if (!isObject(alert) || !isObject(alert["labels"])) return "labels in body is required";
  const labels = labelsOf(alert["labels"]);
  if (Object.keys(labels).length === 0) return "at least one label pair required";
  const given = { startsAtMs: timeOf(alert["startsAt"]), endsAtMs: timeOf(alert["endsAt"]) };
  const endsAtMs = given.endsAtMs ?? ctx.nowMs + RESOLVE_TIMEOUT_MS;
  const startsAtMs = given.startsAtMs ?? Math.min(endsAtMs, ctx.nowMs);
  if (endsAtMs < startsAtMs) return "start time must be before end time";
  const read = readLabelled(alert, labels, ctx);
  if (typeof read === "string") return read;
  return signalOf(ctx, {
    ...read,
    key: fingerprintOf(labels),
    action: endsAtMs <= ctx.nowMs ? "resolve" : "trigger",
    startsAtMs,
    endsAtMs,
    staleAfterMs: null,
    detail: detailOf({ generatorUrl: textOf(alert["generatorURL"], 2_048) }),
  });
}
