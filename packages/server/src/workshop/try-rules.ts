import type { RuleCasesView, TryRequest, TryView } from "@firebreak/protocol";
import { textsInForce } from "./context.ts";
import type { WorkshopContext } from "./context.ts";
import { findRule } from "./rule-health.ts";

const TIMEOUT_MS = 15_000;
const CASES_TIMEOUT_MS = 60_000;

type TryContext = Pick<WorkshopContext, "workshop">;

/**
 * Runs events through rules, those in force or the text given, and explains the outcome. Nothing is stored or raised.
 *
 * @throws FirebreakError not_found for an unknown rule; invalid_body when it takes too long; too_many_requests
 */
export async function tryRules({ workshop }: TryContext, request: TryRequest): Promise<TryView> {
  const { events, rule, ruleId } = request;
  const inForce = textsInForce(workshop);
  if (ruleId !== undefined && rule === undefined) findRule(workshop, ruleId);
  const question = { kind: "try", records: events, ruleId, explainAll: rule !== undefined } as const;
  const rules =
    rule === undefined
      ? { ...inForce, areInForce: true }
      : { ...inForce, sources: [{ name: "rule.yml", text: rule }], areInForce: false };
  return workshop.workers.ask(rules, question, TIMEOUT_MS);
}

/**
 * Runs the cases that stand beside the rule's file.
 *
 * @throws FirebreakError not_found
 */
export async function runCasesOf({ workshop }: TryContext, id: string): Promise<RuleCasesView> {
  const { file } = findRule(workshop, id);
  const question = { kind: "cases", ruleFile: file } as const;
  const rules = { ...textsInForce(workshop), areInForce: true };
  const { results, problems } = await workshop.workers.ask(rules, question, CASES_TIMEOUT_MS);
  return {
    results: results.map(({ name, passed, command, expected, got }) => ({
      name,
      passed,
      command: command ?? null,
      expected: { ...expected },
      got: { ...got },
    })),
    problems: problems.map(({ message }) => message),
  };
}
