/** The Opsgenie Alert API: what its clients and Alertmanager's `opsgenie_configs` send. */
import {
  detailOf,
  firstText,
  isKey,
  isObject,
  judgeSeverity,
  labelsOf,
  longTextOf,
  refuse,
  signalOf,
  textOf,
} from "../reading.ts";
import type { Json, ReaderContext, Reading, Refused } from "../reading.ts";

const MESSAGE_CHARACTERS_MAX = 130;
const ALIAS_CHARACTERS_MAX = 512;
const TAGS_MAX = 20;
const DEFAULT_PRIORITY = "P3";

/** `POST /v2/alerts`: longer texts are cut, as Opsgenie cuts them. */
export function readNewAlert(body: Json, ctx: ReaderContext): Reading {
  const message = textOf(body["message"], MESSAGE_CHARACTERS_MAX);
  if (message.trim() === "") return refuse("message: Message can not be empty.");
  const alias = body["alias"] ?? "";
  if (alias !== "" && !isKey(alias, ALIAS_CHARACTERS_MAX)) {
    return refuse(`alias: Alias must be text of at most ${ALIAS_CHARACTERS_MAX} characters.`);
  }
  const judged = judgeSeverity(ctx, "opsgenie", body["priority"] ?? DEFAULT_PRIORITY);
  if (judged.refusal !== null) return refuse("priority: Priority should be one of [ P1, P2, P3, P4, P5 ].");
  const details = labelsOf(body["details"]);
  const tags = Array.isArray(body["tags"]) ? body["tags"].slice(0, TAGS_MAX).map((tag) => textOf(tag, 50)) : [];
  const signal = signalOf(ctx, {
    key: alias === "" ? ctx.newKey() : textOf(alias),
    action: "trigger",
    title: message,
    text: longTextOf(body["description"]),
    severity: judged.severity,
    notes: judged.notes,
    labels: {
      ...details,
      ...labelsOf({ entity: body["entity"], source: body["source"], tags: tags.filter(Boolean).join(",") }),
    },
    detail: detailOf({ responders: body["responders"], user: body["user"], note: body["note"] }),
  });
  return { ok: true, signals: [signal] };
}

/** `POST /v2/alerts/{alias}/close` and `…/acknowledge`. Whether there is such an alert does not matter here. */
export function readAction(
  action: "resolve" | "acknowledge",
  alias: string,
  body: unknown,
  ctx: ReaderContext,
): Reading {
  if (!isKey(alias, ALIAS_CHARACTERS_MAX)) return refuse("identifier: Identifier is not valid.");
  const said = isObject(body) ? body : {};
  const signal = signalOf(ctx, {
    key: alias,
    action,
    title: firstText(said["note"], alias),
    severity: 3,
    detail: detailOf({ user: said["user"], source: said["source"], note: said["note"] }),
  });
  return { ok: true, signals: [signal] };
}

/** `PUT /v2/alerts/{alias}/message` and `…/description`: new words for an alert that is open. */
export function readRewording(
  field: "message" | "description",
  alias: string,
  body: unknown,
): Refused | { readonly ok: true; readonly words: { readonly title: string } | { readonly text: string } } {
  if (!isKey(alias, ALIAS_CHARACTERS_MAX)) return refuse("identifier: Identifier is not valid.");
  const said = isObject(body) ? body[field] : undefined;
  const words =
    field === "message"
      ? { title: textOf(said, MESSAGE_CHARACTERS_MAX) }
      : { text: longTextOf(said)?.slice(0, 8_000) ?? "" };
  return Object.values(words).some((text) => text.trim() === "")
    ? refuse(`${field}: ${field} can not be empty.`)
    : { ok: true, words };
}
