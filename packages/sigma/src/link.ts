import type { Correlation } from "./correlation.ts";
import type { Detection } from "./detection.ts";
import { RuleFault, toRuleError } from "./fault.ts";
import type { Filter } from "./filter.ts";
import { matchesLogsource } from "./logsource.ts";
import { suggest } from "./nearest.ts";
import { spansKept } from "./own-correlation.ts";
import { allOf, type Predicate } from "./predicate.ts";
import type { RuleDraft } from "./rule-document.ts";
import type { RuleError, RuleInfo } from "./types.ts";
import type { Cursor } from "./yaml-cursor.ts";

/** A detection rule ready to run. `feeds` are the correlations it is counted by, by their index. */
export interface DetectionRule {
  readonly index: number;
  readonly info: RuleInfo;
  readonly predicate: Predicate;
  /** What the rule's own file says. */
  readonly detection: Detection;
  /** What filters add to it: all must hold too. */
  readonly filters: readonly Predicate[];
  readonly feeds: readonly number[];
}

export interface CorrelationRule {
  readonly info: RuleInfo;
  readonly correlation: Correlation;
  /** Ids of the rules it refers to, in their order. */
  readonly ruleIds: readonly string[];
  /** The correlations it is counted by in turn, by their index. */
  readonly feeds: readonly number[];
  /** How far back a restart must look for it, with the correlations below it. */
  readonly windowMs: number;
}

export interface LinkedRules {
  readonly detections: readonly DetectionRule[];
  readonly correlations: readonly CorrelationRule[];
  readonly errors: readonly RuleError[];
}

type Guard = (id: string | undefined, run: () => void) => boolean;
type References = ReadonlyMap<string, RuleDraft | "ambiguous">;

interface Links {
  readonly correlations: readonly CorrelationRule[];
  readonly feeds: ReadonlyMap<RuleDraft, readonly number[]>;
  /** Rules that only feed correlations. */
  readonly silent: ReadonlySet<RuleDraft>;
}

/**
 * Resolves references between rules. A correlation whose rules are missing is an error; the rest still runs.
 * `orphaned` are references made by correlations that did not compile: their rules stay silent all the same.
 */
export function linkRules(
  drafts: readonly RuleDraft[],
  filters: readonly Filter[],
  orphaned: readonly string[],
): LinkedRules {
  const errors: RuleError[] = [];
  const guard: Guard = (id, run) => {
    try {
      run();
      return true;
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error;
      errors.push(toRuleError(error, id));
      return false;
    }
  };
  const unique = uniqueRules(drafts, guard);
  const links = linkCorrelations(unique, orphaned, guard);
  const exceptions = linkFilters(filters, unique, guard);
  const detections: DetectionRule[] = [];
  for (const draft of unique) {
    if (draft.detection === undefined) continue;
    const { detection } = draft;
    const added = exceptions.get(draft) ?? [];
    detections.push({
      index: detections.length,
      info: { ...draft.info, alerts: !links.silent.has(draft), windowMs: 0 },
      predicate: allOf([detection.predicate, ...added]),
      detection,
      filters: added,
      feeds: links.feeds.get(draft) ?? [],
    });
  }
  return { detections, correlations: links.correlations, errors };
}

function linkCorrelations(drafts: readonly RuleDraft[], orphaned: readonly string[], guard: Guard): Links {
  const references = indexReferences(drafts);
  const silent = new Set<RuleDraft>();
  const silence = (reference: string): void => {
    const target = references.get(reference);
    if (typeof target === "object") silent.add(target);
  };
  orphaned.forEach(silence);
  for (const { correlation } of drafts) {
    if (correlation?.generate === false) for (const { reference } of correlation.references) silence(reference);
  }
  const linker = new CorrelationLinker(references, guard);
  for (const draft of drafts) if (draft.correlation !== undefined) linker.link(draft, draft.correlation);
  const { linked, feeds } = linker;
  const correlations = linked.map(({ draft, correlation, targets, windowMs }): CorrelationRule => ({
    info: { ...draft.info, alerts: !silent.has(draft), windowMs },
    correlation: withRuleIds(correlation, references),
    ruleIds: targets.map(({ info }) => info.id),
    feeds: feeds.get(draft) ?? [],
    windowMs,
  }));
  return { correlations, feeds, silent };
}

interface Linked {
  readonly draft: RuleDraft;
  readonly correlation: Correlation;
  readonly targets: readonly RuleDraft[];
  readonly windowMs: number;
}

/** Links correlations after those they refer to, so that one that cannot be linked takes those above it along. */
class CorrelationLinker {
  readonly linked: Linked[] = [];
  readonly feeds = new Map<RuleDraft, number[]>();
  readonly #references: References;
  readonly #guard: Guard;
  readonly #done = new Map<RuleDraft, Linked | "open" | "failed">();

  constructor(references: References, guard: Guard) {
    this.#references = references;
    this.#guard = guard;
  }

  link(draft: RuleDraft, correlation: Correlation): void {
    if (this.#done.has(draft)) return;
    this.#done.set(draft, "open");
    const isLinked = this.#guard(draft.info.id, () => {
      const targets = correlation.references.map(({ reference, node }) => this.#resolve(reference, node));
      if (new Set(targets).size < targets.length) {
        correlation.references[0]?.node.fail("a rule stands twice among the rules", "name each rule once");
      }
      const below = targets.map((target) => this.#done.get(target));
      const longest = Math.max(0, ...below.map((one) => (typeof one === "object" ? one.windowMs : 0)));
      const linked = {
        draft,
        correlation,
        targets,
        windowMs: correlation.timespanMs * spansKept(correlation.own) + longest,
      };
      const index = this.linked.push(linked) - 1;
      this.#done.set(draft, linked);
      for (const target of new Set(targets)) this.feeds.set(target, [...(this.feeds.get(target) ?? []), index]);
    });
    if (!isLinked) this.#done.set(draft, "failed");
  }

  #resolve(reference: string, node: Cursor): RuleDraft {
    const target = resolveReference(reference, node, this.#references);
    if (target.correlation === undefined) return target;
    if (this.#done.get(target) === "open")
      node.fail("correlations refer to each other in a circle", "break the circle");
    this.link(target, target.correlation);
    return this.#done.get(target) === "failed"
      ? node.fail(`the correlation "${reference}" does not load`, "mend that correlation")
      : target;
  }
}

function uniqueRules(drafts: readonly RuleDraft[], guard: Guard): RuleDraft[] {
  const seen = new Map<string, RuleDraft>();
  return drafts.filter((draft) =>
    guard(draft.info.id, () => {
      const first = seen.get(draft.info.id);
      if (first !== undefined) {
        const where = `${first.info.file}:${first.info.line}`;
        const node = draft.root.get("id") ?? draft.root;
        node.fail(`the rule ${draft.info.id} exists already, in ${where}`, "give one of them another id");
      }
      seen.set(draft.info.id, draft);
    }),
  );
}

/** What the filters add to each rule. A filter that speaks of a rule it cannot be added to is named; the rest applies. */
function linkFilters(
  filters: readonly Filter[],
  drafts: readonly RuleDraft[],
  guard: Guard,
): ReadonlyMap<RuleDraft, readonly Predicate[]> {
  const references = indexReferences(drafts);
  const added = new Map<RuleDraft, Predicate[]>();
  const add = (draft: RuleDraft, { predicate }: Filter): void => {
    added.set(draft, [...(added.get(draft) ?? []), predicate]);
  };
  for (const filter of filters) {
    if (filter.rules === "any") {
      for (const draft of drafts) if (isCovered(draft, filter)) add(draft, filter);
      continue;
    }
    for (const { reference, node } of filter.rules) {
      guard(undefined, () => add(resolveFiltered(reference, node, filter, references), filter));
    }
  }
  return added;
}

function isCovered({ detection, info }: RuleDraft, { logsource }: Filter): boolean {
  return detection !== undefined && matchesLogsource(logsource, info.logsource ?? {});
}

function resolveFiltered(reference: string, node: Cursor, filter: Filter, index: References): RuleDraft {
  const target = resolveReference(reference, node, index);
  if (target.detection === undefined) return node.fail("a filter cannot be added to a correlation", "name its rules");
  if (!isCovered(target, filter)) {
    return node.fail(
      `the filter's logsource does not cover the rule "${reference}"`,
      "mend the logsource of the filter",
    );
  }
  return target;
}

/** Rules by id and by name; a name that two rules share refers to none. */
function indexReferences(drafts: readonly RuleDraft[]): References {
  const index = new Map<string, RuleDraft | "ambiguous">();
  for (const draft of drafts) {
    const { name } = draft.info;
    if (name !== undefined) index.set(name, index.has(name) && index.get(name) !== draft ? "ambiguous" : draft);
  }
  for (const draft of drafts) index.set(draft.info.id, draft);
  return index;
}

function resolveReference(reference: string, node: Cursor, index: References): RuleDraft {
  const target = index.get(reference);
  if (target === undefined) {
    const remedy = suggest(reference, [...index.keys()], "load that rule too, or mend the reference");
    return node.fail(`no rule has the id or name "${reference}"`, remedy);
  }
  return target === "ambiguous"
    ? node.fail(`several rules have the name "${reference}"`, "refer to one by its id")
    : target;
}

/** Aliases speak of rules by name or id; the engine knows them by id. */
function withRuleIds(correlation: Correlation, index: References): Correlation {
  const rename = (fields: Correlation["groupBy"]): Correlation["groupBy"] =>
    fields.map((field) => {
      const byRule = [...field.byRule].map(([reference, ref]) => {
        const target = index.get(reference);
        return [typeof target === "object" ? target.info.id : reference, ref] as const;
      });
      return { ...field, byRule: new Map(byRule) };
    });
  const { own } = correlation;
  return {
    ...correlation,
    groupBy: rename(correlation.groupBy),
    counted: rename(correlation.counted),
    own: own?.kind === "carried" ? { ...own, uses: rename(own.uses) } : own,
  };
}
