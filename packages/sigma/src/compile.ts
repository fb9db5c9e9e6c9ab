import { createEngine } from "./engine.ts";
import { RuleFault, toRuleError } from "./fault.ts";
import { linkRules } from "./link.ts";
import { FieldTable } from "./predicate.ts";
import { compileDocument, peekRuleId, type RuleDraft } from "./rule-document.ts";
import { DEFAULT_LIMITS, type RuleError, type RuleSource, type Ruleset } from "./types.ts";
import { readDocuments, type RuleDocument } from "./yaml-cursor.ts";

/**
 * Compiles rule files into a ruleset. Never throws on account of a rule: each document that does not compile is one
 * entry of `errors`, and all others work. Order of sources does not matter for references between rules.
 */
export function compile(sources: readonly RuleSource[]): Ruleset {
  const fields = new FieldTable();
  const errors: RuleError[] = [];
  const drafts: RuleDraft[] = [];
  const orphaned: string[] = [];
  for (const source of sources) {
    for (const document of readDocuments(source)) {
      const result = compileOne(document, fields);
      if (!("message" in result)) drafts.push(result);
      else {
        errors.push(result);
        orphaned.push(...referencesOf(document));
      }
    }
  }
  const linked = linkRules(drafts, orphaned);
  const infos = [...linked.detections, ...linked.correlations].map((rule) => rule.info);
  return {
    rules: infos,
    errors: [...errors, ...linked.errors],
    windowMs: Math.max(0, ...linked.correlations.map(({ correlation }) => correlation.timespanMs)),
    createEngine: (limits) => createEngine(linked, fields.all(), { ...DEFAULT_LIMITS, ...limits }),
  };
}

function compileOne(document: RuleDocument, fields: FieldTable): RuleDraft | RuleError {
  if ("fault" in document) return toRuleError(document.fault, undefined);
  try {
    return compileDocument(document.root, fields);
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    return toRuleError(
      error,
      peek(() => peekRuleId(document.root)),
    );
  }
}

/** What a broken correlation refers to: rules written for it must not begin to alert one by one because it is missing. */
function referencesOf(document: RuleDocument): string[] {
  if ("fault" in document) return [];
  return peek(() => document.root.get("correlation")?.get("rules")?.texts("rules")) ?? [];
}

/** Reads what it can of a document that does not compile; a second fault says nothing new. */
function peek<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RuleFault) return undefined;
    throw error;
  }
}
