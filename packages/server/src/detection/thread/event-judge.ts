import type { AgentEvent } from "@firebreak/protocol";
import { compile } from "@firebreak/sigma";
import type { EngineCounters, Match, Ruleset } from "@firebreak/sigma";
import { messageOf } from "../../kernel/index.ts";
import { parseBody, readPage } from "../../telemetry/index.ts";
import type { EventPage } from "../../telemetry/index.ts";
import { createEvaluator, LATENESS_MS, ON_THE_WAY_MS } from "../evaluate-event.ts";
import type { Evaluator, JudgingFault } from "../evaluate-event.ts";
import { loadRules } from "../load-rules.ts";
import type { RulesInForce } from "../load-rules.ts";
import type { Remembered } from "../remembered-events.ts";
import type { Answers, Beginning, DetectedMatch, Question, Verdict } from "./messages.ts";

export type MakeEvaluator = typeof createEvaluator;

interface Judging {
  readonly evaluator: Evaluator;
  readonly openedMs: number;
  readonly skipped: ReadonlySet<number>;
}

/** Holds the rules and their windows, and judges what it is given. It has no way to the database. */
export class EventJudge {
  readonly #current: Float64Array;
  readonly #makeEvaluator: MakeEvaluator;
  /** Those that judge, and those read since. */
  readonly #rulesets = new Map<number, Ruleset>();
  #judging: Judging | undefined;
  #passedMs: number | null = null;
  #faults: JudgingFault[] = [];

  constructor(current: Float64Array, makeEvaluator: MakeEvaluator = createEvaluator) {
    this.#current = current;
    this.#makeEvaluator = makeEvaluator;
  }

  async answer(question: Question): Promise<Answers[Question["kind"]]> {
    switch (question.kind) {
      case "load":
        return this.#load(question);
      case "restore":
        this.#rulesets.set(question.rulesNumber, compile(question.sources, question));
        return null;
      case "begin":
        return this.#begin(question.rulesNumber, question);
      case "replay":
        return this.#replay(question.page);
      case "advance":
        this.#warm().evaluator.advance(question.untilMs);
        this.#warm().evaluator.takeEvictions();
        return null;
      case "judge":
        return this.#judge(question.page);
      case "passTime":
        return this.#judgeSilence(question.heardMs);
      case "sweep":
        this.#warm().evaluator.sweep(question.nowMs);
        return null;
    }
  }

  async #load({ rulesNumber, rulesDirs, ...options }: Question & { readonly kind: "load" }): Promise<RulesInForce> {
    const { ruleset, ...known } = await loadRules(rulesDirs, options);
    this.#rulesets.set(rulesNumber, ruleset);
    return known;
  }

  #begin(rulesNumber: number, { watches, openedMs, passedMs, skipped }: Beginning): EngineCounters {
    const ruleset = this.#rulesets.get(rulesNumber);
    if (ruleset === undefined) throw new Error(`there are no rules ${rulesNumber} here`);
    for (const number of this.#rulesets.keys()) if (number < rulesNumber) this.#rulesets.delete(number);
    const onFault = (fault: JudgingFault) => void this.#faults.push(fault);
    const evaluator = this.#makeEvaluator(ruleset, { expectedSince: watches, onFault });
    this.#judging = { evaluator, openedMs, skipped };
    this.#passedMs = passedMs;
    return evaluator.counters();
  }

  #replay(page: EventPage): Remembered[] {
    const judging = this.#warm();
    const remembered: Remembered[] = [];
    this.#each(judging, page, (event) => {
      judging.evaluator.evaluate(event);
      if (judging.evaluator.isRemembered()) remembered.push(toRemembered(event));
    });
    // what came true, was lost or failed then was told of then
    judging.evaluator.takeEvictions();
    this.#faults = [];
    return remembered;
  }

  #judge(page: EventPage): Verdict {
    const judging = this.#warm();
    const { evaluator } = judging;
    const found: DetectedMatch[] = [];
    const remembered: Remembered[] = [];
    let received = "";
    this.#each(judging, page, (event) => {
      // events received before this one were judged: time has come that far
      if (evaluator.needsTime && event.receivedTime !== received) {
        received = event.receivedTime;
        this.#passTime(judging, Date.parse(received), found);
      }
      for (const match of evaluator.evaluate(event)) found.push({ match: toPlain(match), event });
      if (evaluator.isRemembered()) remembered.push(toRemembered(event));
    });
    return this.#tell(evaluator, { seq: page.seqs.at(-1) ?? null, found, remembered });
  }

  #judgeSilence(heardMs: number): Verdict {
    const judging = this.#warm();
    const found: DetectedMatch[] = [];
    if (judging.evaluator.needsTime) this.#passTime(judging, heardMs, found);
    return this.#tell(judging.evaluator, { seq: null, found, remembered: [] });
  }

  #tell(evaluator: Evaluator, told: Pick<Verdict, "seq" | "found" | "remembered">): Verdict {
    const faults = this.#faults.splice(0);
    const evictions = evaluator.takeEvictions();
    return { ...told, passedMs: this.#passedMs, evictions, faults, counters: evaluator.counters() };
  }

  /** @param heardMs until when everything that was received is judged */
  #passTime({ evaluator, openedMs }: Judging, heardMs: number, found: DetectedMatch[]): void {
    if (heardMs >= openedMs && heardMs < openedMs + LATENESS_MS) return;
    const passedMs = heardMs - ON_THE_WAY_MS;
    if (passedMs <= (this.#passedMs ?? Number.NEGATIVE_INFINITY)) return;
    for (const match of evaluator.advance(passedMs)) found.push({ match: toPlain(match), event: undefined });
    this.#passedMs = passedMs;
  }

  /** Says which event it is at, so that one that ends the thread is known. */
  #each({ skipped }: Judging, page: EventPage, judge: (event: AgentEvent) => void): void {
    for (const { seq, body } of readPage(page)) {
      if (skipped.has(seq)) continue;
      this.#current[0] = seq;
      try {
        judge(parseBody(body, seq));
      } catch (fault) {
        this.#faults.push({ seq, problem: messageOf(fault) });
      }
    }
    this.#current[0] = 0;
  }

  #warm(): Judging {
    if (this.#judging === undefined) throw new Error("no rules judge here yet");
    return this.#judging;
  }
}

const toRemembered = ({ seq, receivedTime }: AgentEvent): Remembered => ({ seq, receivedTime });

/** With what the engine finds out late. */
function toPlain(match: Match): Match {
  const { ruleId, title, level, kind, tags, selections, eventIds, firstTime, lastTime, sentence, custom } = match;
  const base = { ruleId, title, level, kind, tags, selections, eventIds, firstTime, lastTime, sentence, custom };
  return kind === "correlation" ? { ...match, ...base } : base;
}
