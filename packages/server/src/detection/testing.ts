import { LiveRules } from "./live-rules.ts";
import type { LiveRulesOptions } from "./live-rules.ts";
import { EventJudge } from "./thread/event-judge.ts";
import type { OpenJudge } from "./thread/judge-thread.ts";

/** Rules that judge on the test's own thread, asked by messages all the same. */
export const openRulesHere = (options: Omit<LiveRulesOptions, "openJudge">): LiveRules =>
  new LiveRules({ ...options, openJudge: judgeHere });

const judgeHere: OpenJudge = () => {
  const judge = new EventJudge(new Float64Array(1));
  return {
    ask: async (question) => structuredClone(await judge.answer(structuredClone(question))) as never,
    ending: null,
    end: async () => {},
  };
};
