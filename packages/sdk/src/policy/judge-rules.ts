import type { ActiveMode, PublishedPolicy } from "@firebreak/protocol/policy";
import { compile } from "@firebreak/sigma";
import type { Engine, Match } from "@firebreak/sigma";
import type { GateAction } from "./action.ts";
import { presentAct } from "./action-fields.ts";
import type { ActingAgent } from "./action-fields.ts";

export interface RuleHit {
  readonly rule: string;
  readonly title: string;
  readonly mode: ActiveMode;
  readonly sentence: string;
}

/** The published rules, compiled once; asked of every act. */
export interface RuleJudge {
  /** @returns the rules that the act meets; null when it is too large to be judged whole */
  judge(action: GateAction, agent: ActingAgent): readonly RuleHit[] | null;
}

const NO_HITS: readonly RuleHit[] = [];

/** @returns null when there are no rules. @throws when one does not compile: the publisher lets none through. */
export function createRuleJudge({
  rules,
  placeholders,
}: Pick<PublishedPolicy, "rules" | "placeholders">): RuleJudge | null {
  const ruleset = compile(rules, { placeholders });
  const [fault] = ruleset.errors;
  if (fault !== undefined)
    throw new Error(`the rule in ${fault.file}:${fault.line} does not compile: ${fault.message}`);
  if (ruleset.rules.length === 0) return null;
  const engine = ruleset.createEngine();
  let cut = cutsOf(engine);
  return {
    judge: (action, agent) => {
      const matches = engine.evaluate({ presentations: [presentAct(action, agent)] }, { time: 0, id: "" });
      const cutNow = cutsOf(engine);
      const isWhole = cutNow === cut;
      cut = cutNow;
      // what fills a text up to the limit could hide the rest of it behind
      if (!isWhole) return null;
      return matches.length === 0 ? NO_HITS : matches.flatMap(hitsOf);
    },
  };
}

function cutsOf(engine: Engine): number {
  const { truncatedValues, exhaustedRegexes } = engine.counters();
  return truncatedValues + exhaustedRegexes;
}

function hitsOf({ ruleId, title, sentence, custom }: Match): RuleHit[] {
  const mode = custom["mode"];
  if (mode === "off") return [];
  return [{ rule: ruleId, title, mode: mode === "warn" || mode === "monitor" ? mode : "enforce", sentence }];
}
