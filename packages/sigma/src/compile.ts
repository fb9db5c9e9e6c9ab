import { expandActions } from "./collection.ts";
import { RuleFault, toRuleError } from "./fault.ts";
import { compileFilter, isFilter, type Filter } from "./filter.ts";
import { FieldTable, type RuleScope } from "./predicate.ts";
import { compileDocument, peekRuleId, type RuleDraft } from "./rule-document.ts";
import { CompiledRuleset } from "./ruleset.ts";
import type { CompileOptions, RuleError, RuleSource, Ruleset } from "./types.ts";
import { layOut } from "./view.ts";
import { readDocuments, type RuleDocument } from "./yaml-cursor.ts";

/**
 * Compiles rule files into a ruleset. Never throws on account of a rule: each document that does not compile is one
 * entry of `errors`, and all others work. Order of sources does not matter for references between rules.
 */
export function compile(sources: readonly RuleSource[], options: CompileOptions = {}): Ruleset {
  const fields = new FieldTable();
  const scope: RuleScope = { fields, placeholders: options.placeholders ?? {} };
  const errors: RuleError[] = [];
  const drafts: RuleDraft[] = [];
  const filters: Filter[] = [];
  const orphaned: string[] = [];
  for (const source of sources) {
    for (const document of expandActions(readDocuments(source))) {
      const result = compileOne(document, scope);
      if ("message" in result) {
        errors.push(result);
        orphaned.push(...referencesOf(document));
      } else if ("rules" in result) filters.push(result);
      else drafts.push(result);
    }
  }
  return new CompiledRuleset({ drafts, filters, orphaned }, layOut(fields.all()), errors);
}

function compileOne(document: RuleDocument, scope: RuleScope): RuleDraft | Filter | RuleError {
  if ("fault" in document) return toRuleError(document.fault, undefined);
  try {
    const { root } = document;
    return isFilter(root) ? compileFilter(root, scope) : compileDocument(root, scope);
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
