import { createHash } from "node:crypto";
import type { AgentEvent, AlertView, ReactionView } from "@firebreak/protocol";
import { z } from "zod";
import { isLate } from "../alerts/index.ts";
import type { AutomaticContainment } from "../alerts/index.ts";
import { canonicalJson } from "../kernel/index.ts";
import { resolveReferences } from "../playbooks/index.ts";

/** What set a reaction off, and what references of its parameters may read. */
export interface Occasion {
  readonly title: string;
  readonly alertId: string | null;
  readonly incidentId: string | null;
  readonly agentId: string | null;
  readonly sessionId: string | null;
  /** it was told long after it happened */
  readonly isLate: boolean;
  readonly scope: object;
}

/** What is to be done, on whom, with exactly what. */
export interface ReactionPlan extends Pick<
  AutomaticContainment,
  "mode" | "kind" | "what" | "forMinutes" | "askMinutes"
> {
  readonly rule: string;
  readonly occasion: Occasion;
  readonly target: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** why it cannot be done as the profile says it */
  readonly problem: string | null;
}

/** @param event the one that completed the alert, when something asks for it */
export function occasionOf(alert: AlertView, incidentId: string, event: AgentEvent | null): Occasion {
  const { id, title, agentId, sessionId, pack, ruleId, severity, labels } = alert;
  const known = { id, title, agentId, sessionId: sessionId ?? undefined, pack: pack ?? undefined, ruleId, severity };
  const scope = { alert: { ...known, labels }, incident: { id: incidentId }, ...(event === null ? {} : { event }) };
  return { title, alertId: id, incidentId, agentId, sessionId, isLate: isLate(labels), scope };
}

/** What is done for one alert by one containment; the same act on the same target is there once. */
const PLANS_MAX = 20;

/** One plan, or one for each entry of the lists that the containment names, 20 at most. */
export function planReactions(containment: AutomaticContainment, occasion: Occasion): ReactionPlan[] {
  if (containment.each.length === 0) return [planReaction(containment, occasion)];
  const entries = containment.each.flatMap((path) => {
    const resolved = resolveReferences(`\${${path}}`, occasion.scope);
    return resolved.ok && Array.isArray(resolved.value) ? Array.from<unknown>(resolved.value) : [];
  });
  return [...new Set(entries)]
    .slice(0, PLANS_MAX)
    .map((each) => planReaction(containment, { ...occasion, scope: { ...occasion.scope, each } }));
}

/** @returns whether a containment looks into the event itself, which is read only then */
export function readsEvent({ parameters, each }: Pick<AutomaticContainment, "parameters" | "each">): boolean {
  return each.length > 0 || JSON.stringify(parameters).includes("${event.");
}

export function planReaction(containment: AutomaticContainment, occasion: Occasion): ReactionPlan {
  const { name: rule, mode, kind, what, forMinutes, askMinutes } = containment;
  const given = kind === "playbook" ? withValues(containment.parameters, occasion.scope) : containment.parameters;
  const resolved = resolveReferences(given, occasion.scope);
  const parameters = resolved.ok ? recordOf(resolved.value) : {};
  const problem = resolved.ok ? null : `no value for ${resolved.missing.join(", ")}`;
  const target = targetOf(what, parameters, occasion);
  return { rule, mode, kind, what, forMinutes, askMinutes, occasion, target, parameters, problem };
}

/**
 * A playbook asks for what it needs, and does without the rest: an input without a value is left out. Of a list of references
 * it gets the first that has one, because sources name the same thing differently; any other list is a value of its own.
 */
function withValues(parameters: Readonly<Record<string, unknown>>, scope: object): Record<string, unknown> {
  const known = Object.entries(parameters).flatMap(([name, template]) => {
    const found = choicesOf(template).find((one) => {
      const resolved = resolveReferences(one, scope);
      return resolved.ok && resolved.value !== undefined && resolved.value !== null;
    });
    return found === undefined ? [] : [[name, found] as const];
  });
  return Object.fromEntries(known);
}

function choicesOf(template: unknown): readonly unknown[] {
  const isChoice = Array.isArray(template) && template.length > 0 && template.every(isReference);
  return isChoice ? Array.from<unknown>(template) : [template];
}

const isReference = (one: unknown) => typeof one === "string" && /^\$\{[^{}]+\}$/.test(one);

const agentTarget = z.object({ agentId: z.string(), sessionId: z.string().nullish() });

/** In whose name one reaction is counted: the agent, or what else the parameters name. */
function targetOf(what: string, parameters: Readonly<Record<string, unknown>>, occasion: Occasion): string {
  const agent = agentTarget.safeParse(parameters).data;
  if (what.startsWith("agent.") && agent?.sessionId !== undefined && agent.sessionId !== null)
    return `session ${agent.sessionId}`;
  if (agent !== undefined) return `agent ${agent.agentId}`;
  const text = canonicalJson(parameters);
  if (text.length <= 200) return `${what} ${text}`;
  return `${what} ${createHash("sha256").update(text).digest("hex").slice(0, 16)} (agent ${occasion.agentId ?? "none"})`;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** The agent that a reaction acts on: the one that its parameters name, else the one that the alert is about. */
export function agentOf({ parameters, occasion }: ReactionPlan): string | null {
  return agentTarget.safeParse(parameters).data?.agentId ?? occasion.agentId;
}

/**
 * @returns always the same key for the same incident, act and target, until a person lets the target run again; what was told
 *   late, and what only observes, has a key of its own, so that it does not stand in the way of what happens now
 */
export function keyOf({ occasion, mode, kind, what, target }: ReactionPlan, generation: number): string {
  const parts = [
    occasion.incidentId ?? occasion.alertId,
    generation,
    kind,
    what,
    target,
    ...(occasion.isLate ? ["late"] : []),
    ...(mode === "observe" ? ["observe"] : []),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** What it does, for people: `runs the playbook rogue-agent on agent scout`. */
export function deedOf({ kind, what, target }: Pick<ReactionView, "kind" | "what" | "target">): string {
  if (kind === "playbook") return `run the playbook ${what} on ${target}`;
  return target.startsWith(`${what} `) ? `apply ${target}` : `apply ${what} to ${target}`;
}
