/** What clients of Alertmanager's API read and mute: amtool, karma, Grafana's Alertmanager data source. */
import type { Actor, Matcher, Role, SilenceView } from "@firebreak/protocol";
import { roleAllows } from "@firebreak/protocol";
import { createSilence, expireSilence, getSilence, listAlertStates, listSilences } from "../../alerts/index.ts";
import type { AlertState } from "../../alerts/index.ts";
import {
  compileMatchers,
  compileValueTest,
  FirebreakError,
  MATCHERS_MAX,
  parseMatchers,
  toIso,
} from "../../kernel/index.ts";
import { keyOf, requireSource } from "../authenticate.ts";
import type { SenderContext } from "../context.ts";
import type { WireAnswer, WireRequest } from "../endpoint.ts";
import { isObject, textOf } from "../reading.ts";
import type { Json } from "../reading.ts";
import { fingerprintOf, isFingerprint } from "../vendors/fingerprint.ts";

/** The receiver that every alert is said to have: where it goes on from here, Firebreak's routes decide. */
export const RECEIVER = { name: "firebreak" };

/** An alert that does not end by itself is said to go on for so long from now. */
const OPEN_END_MS = 5 * 60_000;

const TOKEN_PREFIX = "fbk_";

/**
 * Somebody with an API token of that role.
 *
 * @throws FirebreakError `unauthenticated`, `forbidden`
 */
async function requireRole(ctx: SenderContext, request: WireRequest, role: Role): Promise<Actor> {
  const bearer = keyOf(request);
  const caller = bearer === "" ? null : await ctx.authenticate({ bearer });
  if (caller === null) throw new FirebreakError("unauthenticated", "Send an API token: Authorization: Bearer fbk_…");
  if (caller.access !== "agent" && roleAllows(caller.access, role)) return caller.actor;
  throw new FirebreakError("forbidden", `This needs an API token with the role ${role}.`);
}

/** An API token sees every alert, a source its own. @returns what narrows the list */
async function requireReader(ctx: SenderContext, request: WireRequest): Promise<readonly Matcher[]> {
  const key = keyOf(request);
  if (key.startsWith(TOKEN_PREFIX)) {
    await requireRole(ctx, request, "viewer");
    return [];
  }
  const unclaimed = { endpoint: "GET /api/v2/alerts", summary: "", address: request.address };
  const source = await requireSource(ctx, key, ["alertmanager"], unclaimed);
  return [{ name: "firebreak_source", op: "=", value: source.name }];
}

/** @throws FirebreakError `bad_request` */
function filtersOf({ query }: WireRequest): Matcher[] {
  const texts = query.getAll("filter");
  if (texts.length > MATCHERS_MAX) throw new FirebreakError("bad_request", `at most ${MATCHERS_MAX} filters are taken`);
  return texts.flatMap((text) => {
    const parsed = parseMatchers(text);
    if (parsed.ok) return parsed.value;
    throw new FirebreakError("bad_request", `bad matcher format: ${text.slice(0, 200)}: ${parsed.problem}`);
  });
}

async function statesFor(ctx: SenderContext, request: WireRequest): Promise<AlertState[]> {
  const own = await requireReader(ctx, request);
  const receiver = request.query.get("receiver") ?? "";
  if (receiver !== "") {
    const test = compileValueTest({ op: "=~", value: receiver });
    if (!test.ok) throw new FirebreakError("bad_request", `failed to parse receiver param: ${test.problem}`);
    if (!test.value(RECEIVER.name)) return [];
  }
  const wants = (name: string) => request.query.get(name) !== "false";
  const states = await listAlertStates(ctx, { matchers: [...own, ...filtersOf(request)] });
  return states.filter((state) => {
    if (state.silencedBy.length > 0 && !wants("silenced")) return false;
    if (state.inhibitedBy.length > 0 && !wants("inhibited")) return false;
    return wants(stateOf(state)) || stateOf(state) === "suppressed";
  });
}

function stateOf({ alert, silencedBy, inhibitedBy }: AlertState): "suppressed" | "unprocessed" | "active" {
  if (silencedBy.length + inhibitedBy.length > 0) return "suppressed";
  return alert.disposition === "undecided" ? "unprocessed" : "active";
}

function viewAlert(ctx: SenderContext, state: AlertState) {
  const { alert, silencedBy, inhibitedBy } = state;
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: alert.firstEventAt,
    endsAt: alert.endsAt ?? toIso(ctx.clock.now() + OPEN_END_MS),
    updatedAt: alert.lastEventAt,
    fingerprint: isFingerprint(alert.key) ? alert.key : fingerprintOf(alert.labels),
    generatorURL: alert.links.find(({ text }) => text === "Source")?.href ?? "",
    receivers: [RECEIVER],
    status: { state: stateOf(state), silencedBy, inhibitedBy, mutedBy: [] },
  };
}

export async function getAlerts(ctx: SenderContext, request: WireRequest): Promise<WireAnswer> {
  const states = await statesFor(ctx, request);
  return { status: 200, body: states.map((state) => viewAlert(ctx, state)) };
}

/** Groups by the name of the alert: Firebreak's own grouping is its incidents. */
export async function getAlertGroups(ctx: SenderContext, request: WireRequest): Promise<WireAnswer> {
  const groups = new Map<string, ReturnType<typeof viewAlert>[]>();
  for (const state of await statesFor(ctx, request)) {
    const name = state.alert.labels["alertname"] ?? "";
    groups.set(name, [...(groups.get(name) ?? []), viewAlert(ctx, state)]);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  const body = sorted.map(([alertname, alerts]) => ({ labels: { alertname }, receiver: RECEIVER, alerts }));
  return { status: 200, body };
}

const SILENCES_MAX = 1_000;

function viewSilence(silence: SilenceView) {
  return {
    id: silence.id,
    status: { state: silence.state === "waiting" ? "pending" : silence.state },
    matchers: silence.matchers.map(({ name, op, value }) => ({
      name,
      value,
      isRegex: op === "=~" || op === "!~",
      isEqual: op === "=" || op === "=~",
    })),
    startsAt: silence.startsAt,
    endsAt: silence.expiredAt ?? silence.endsAt,
    updatedAt: silence.expiredAt ?? silence.createdAt,
    createdBy: silence.owner,
    comment: silence.reason,
  };
}

/** A filter asks about the names and values of a silence's own matchers, as Alertmanager's does. */
export async function getSilences(ctx: SenderContext, request: WireRequest): Promise<WireAnswer> {
  await requireRole(ctx, request, "viewer");
  const filter = compileMatchers(filtersOf(request));
  if (!filter.ok) throw new FirebreakError("bad_request", filter.problem);
  const { items } = await listSilences(ctx, { expired: true, limit: SILENCES_MAX });
  const found = items.filter(({ matchers }) =>
    filter.value(Object.fromEntries(matchers.map(({ name, value }) => [name, value]))),
  );
  return { status: 200, body: found.map(viewSilence) };
}

export async function getOneSilence(ctx: SenderContext, request: WireRequest): Promise<WireAnswer> {
  await requireRole(ctx, request, "viewer");
  return { status: 200, body: viewSilence(await getSilence(ctx, request.params["id"] ?? "")) };
}

/** With an id it is the new version of that silence. A silence that would mute nearly everything is refused here. */
export async function postSilence(ctx: SenderContext, request: WireRequest): Promise<WireAnswer> {
  const actor = await requireRole(ctx, request, "responder");
  const body = request.json();
  if (!isObject(body)) throw new FirebreakError("bad_request", "The silence is no object.");
  // one matcher less would mute more than was asked
  const matchers: unknown = body["matchers"];
  if (!Array.isArray(matchers) || !matchers.every(isObject))
    throw new FirebreakError("bad_request", "The silence needs matchers, each with a name and a value.");
  const id = textOf(body["id"]);
  const owner = textOf(body["createdBy"], 200);
  const silence = await createSilence(
    { ...ctx, actor },
    {
      matchers: matchers.map(readMatcher),
      reason: textOf(body["comment"], 1_000),
      endsAt: textOf(body["endsAt"]),
      ...(textOf(body["startsAt"]) === "" ? {} : { startsAt: textOf(body["startsAt"]) }),
      ...(owner === "" ? {} : { owner }),
      ...(id === "" ? {} : { replaces: id }),
    },
  );
  return { status: 200, body: { silenceID: silence.id } };
}

function readMatcher(matcher: Json): Matcher {
  const isEqual = matcher["isEqual"] !== false;
  const op = matcher["isRegex"] === true ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
  return { name: textOf(matcher["name"]), op, value: textOf(matcher["value"], 4_096) };
}

export async function deleteSilence(ctx: SenderContext, request: WireRequest): Promise<WireAnswer> {
  const actor = await requireRole(ctx, request, "responder");
  const reason = "expired through Alertmanager's API";
  await expireSilence({ ...ctx, actor }, { id: request.params["id"] ?? "", reason });
  return { status: 200 };
}
