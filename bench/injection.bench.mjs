import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { compile } from "../packages/sigma/dist/index.js";
import { presentEvent } from "../packages/server/dist/detection/index.js";
import { CORPORA, readCommit, readCorpus } from "./lib/injection-corpora.mjs";

const RULES = path.resolve(import.meta.dirname, "../rules/agent/prompt-injection.yml");
const MEDIUM_UP = new Set(["medium", "high", "critical"]);

/**
 * What the rules on prompt injection find in public collections, and what they mistake in ordinary texts, in percent of the texts. Only
 * on what nobody looked at while the rules were written. Needs checkouts of the repositories that lib/injection-corpora.mjs
 * names, in the folder INJECTION_CORPORA.
 */
export async function run() {
  const directory = process.env.INJECTION_CORPORA;
  if (directory === undefined || !existsSync(directory)) {
    throw new Error(
      "INJECTION_CORPORA names no folder; put checkouts of the repositories of bench/lib/injection-corpora.mjs there",
    );
  }
  const ruleset = compile([{ name: RULES, text: withoutSequences(readFileSync(RULES, "utf8")) }]);
  if (ruleset.errors.length > 0) throw new Error(ruleset.errors[0].message);
  return CORPORA.filter(({ repository }) => existsSync(path.join(directory, repository))).map((corpus) =>
    measure(ruleset, corpus, directory),
  );
}

/** Sequences need more than one text, and keep the rules that feed them from reporting by themselves. */
const withoutSequences = (text) =>
  text
    .split(/^---$/m)
    .filter((rule) => !/^correlation:/m.test(rule))
    .join("---");

function measure(ruleset, corpus, directory) {
  const texts = readCorpus(corpus, directory);
  const found = texts.map((text) => levelsOf(ruleset, corpus, text));
  const share = (holds) => Math.round((1000 * found.filter(holds).length) / texts.length) / 10;
  const medium = share((levels) => levels.some((level) => MEDIUM_UP.has(level)));
  const requests =
    corpus.as === "response" ? `, ${share((levels) => levels.length > 0)} % with requests in tool output` : "";
  const from = `${corpus.repository} at ${readCommit(directory, corpus.repository)}`;
  const note = `${texts.length} texts, ${corpus.held === "half" ? "the half that was not looked at, " : ""}${from}; medium or graver ${medium} %${requests}`;
  const what = `${corpus.isAttack ? "attacks found" : "ordinary texts mistaken"}: ${corpus.name}`;
  return { what, unit: "%", values: [share((levels) => levels.some((level) => level !== "informational"))], note };
}

function levelsOf(ruleset, { as }, text) {
  const data = as === "prompt" ? { content: text } : { tool_name: "fetch", response: text };
  const event = {
    seq: 1,
    id: "e",
    time: "2026-01-01T00:00:00Z",
    receivedTime: "2026-01-01T00:00:00Z",
    source: "bench",
    agent: { id: "a" },
    kind: as === "prompt" ? "prompt" : "tool_call",
    outcome: "success",
    data,
  };
  // one engine for each ruleset would remember texts; what is found does not depend on it
  engines.set(ruleset, engines.get(ruleset) ?? ruleset.createEngine());
  return engines
    .get(ruleset)
    .evaluate(presentEvent(event), { id: "e", time: 0 })
    .map(({ level }) => level);
}

const engines = new Map();
