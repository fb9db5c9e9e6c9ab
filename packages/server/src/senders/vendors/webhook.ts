/** A body of somebody's own format, read by the source's template. */
import type { Signal } from "../../alerts/index.ts";
import {
  detailOf,
  isKey,
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
import type { ReaderContext, Reading } from "../reading.ts";
import { fillIn, followPointer } from "../template.ts";
import type { WebhookTemplate } from "../template.ts";

const ACTIONS: Readonly<Record<string, Signal["action"]>> = {
  trigger: "trigger",
  triggered: "trigger",
  firing: "trigger",
  open: "trigger",
  acknowledge: "acknowledge",
  acknowledged: "acknowledge",
  resolve: "resolve",
  resolved: "resolve",
  ok: "resolve",
  closed: "resolve",
};

/** How a body is read for which nobody wrote a template: our own names. */
export const DEFAULT_TEMPLATE: WebhookTemplate = {
  title: "{/title}",
  key: "{/key}",
  text: "{/text}",
  action: "{/action}",
  severity: "{/severity}",
  startsAt: "{/startsAt}",
  link: "{/link}",
};

/** Reads a body by a template. */
export function readByTemplate(body: unknown, template: WebhookTemplate, ctx: ReaderContext): Reading {
  const items = template.each === undefined ? [body] : followPointer(body, template.each);
  if (!Array.isArray(items)) return refuse(`the body has no list at ${template.each}`);
  if (items.length > SIGNALS_MAX) return refuse(`send at most ${SIGNALS_MAX} alerts at once`);
  const signals: Signal[] = [];
  const errors: string[] = [];
  for (const [index, item] of items.entries()) {
    const read = readItem(item, template, ctx);
    if (typeof read !== "string") signals.push(read);
    else errors.push(template.each === undefined ? read : `${template.each}/${index}: ${read}`);
  }
  return errors.length > 0 ? refuse(...errors.slice(0, 20)) : { ok: true, signals };
}

/** @returns the signal, or what is wrong with the item */
function readItem(item: unknown, template: WebhookTemplate, ctx: ReaderContext): Signal | string {
  const fill = (text: string | undefined) => (text === undefined ? "" : fillIn(text, item).trim());
  const title = textOf(fill(template.title));
  if (title === "") return `the title is empty: the template says ${template.title}`;
  const key = fill(template.key);
  if (!isKey(key)) return `the key is empty or too long: the template says ${template.key}`;
  const action = actionOf(fill(template.action), template);
  if (action === undefined) {
    return `the action is ${JSON.stringify(fill(template.action).slice(0, 64))}; name it under actions in the template`;
  }
  const severities = Object.entries(template.severities ?? {}).map(([name, level]) => [name.toLowerCase(), level]);
  const own = { ...ctx.severities, ...Object.fromEntries(severities) };
  const judged = judgeSeverity({ ...ctx, severities: own }, "label", fill(template.severity) || "error");
  if (judged.refusal !== null && action === "trigger") return judged.refusal;
  return signalOf(ctx, {
    key,
    action,
    title,
    text: longTextOf(fill(template.text)),
    severity: judged.severity,
    notes: judged.notes,
    labels: labelsOf(fillEach(template.labels, item)),
    annotations: labelsOf(fillEach(template.annotations, item)),
    links: linksOf([{ href: fill(template.link), text: "Source" }]),
    startsAtMs: timeOf(fill(template.startsAt)) ?? ctx.nowMs,
    groupKey: fill(template.group) || null,
    detail: detailOf(isObject(item) ? item : {}),
  });
}

function actionOf(word: string, template: WebhookTemplate): Signal["action"] | undefined {
  if (word === "") return "trigger";
  const own = template.actions ?? {};
  if (Object.hasOwn(own, word)) return own[word];
  const name = word.toLowerCase();
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
}

function fillEach(fields: Readonly<Record<string, string>> | undefined, item: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([name, text]) => [name, fillIn(text, item)]));
}
