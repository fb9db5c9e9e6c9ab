import type { RedactionCategory, RedactionFact } from "@firebreak/protocol";
import type { RedactionPolicy } from "../kernel/index.ts";
import { findSensitive } from "./find-sensitive.ts";
import { withoutOverlaps } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { isValueOf } from "./judge-value.ts";
import { classifyName } from "./names.ts";
import type { NamedCategory } from "./names.ts";
import { planRedaction } from "./plan.ts";
import type { RedactionPlan } from "./plan.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** The parts of an event that hold text of an agent's. */
export interface Redactable {
  readonly source?: string | undefined;
  readonly resource?: string | undefined;
  readonly data?: JsonObject | undefined;
}

/** What was taken out, and where: never stored but encrypted. */
export interface Original {
  readonly category: RedactionCategory;
  readonly type: string;
  readonly path: string;
  readonly text: string;
}

export interface RedactedEvent {
  readonly source: string | undefined;
  readonly resource: string | undefined;
  readonly data: JsonObject | undefined;
  /** empty when nothing was found */
  readonly facts: readonly RedactionFact[];
  /** of the categories that the policy makes reversible, in the order of the text; mostly none */
  readonly originals: readonly Original[];
}

export interface Redactor {
  /** Finds, and takes out where the policy says so; what holds nothing is given back as it is. */
  readonly redactEvent: (event: Redactable) => RedactedEvent;
  /** whether the policy takes it out, and does not only look for it */
  readonly replaces: (category: RedactionCategory) => boolean;
  /** Takes out everything the policy looks for, for text that leaves the event: sentences, logs, messages. */
  readonly maskText: (text: string) => string;
  /** The same for the arguments of a command, where one may name the next: `--password`, `x`. */
  readonly maskArguments: (words: readonly string[]) => string[];
}

/** Facts kept with one event; what is beyond them is taken out all the same. */
const FACTS_MAX = 50;
const PATH_CHARACTERS_MAX = 200;

export function createRedactor(policy: RedactionPolicy): Redactor {
  const plan = planRedaction(policy);
  return {
    redactEvent: (event) =>
      plan.wanted.size === 0 && plan.custom.length === 0 ? untouched(event) : redact(plan, event),
    replaces: (category) => plan.replaces(category),
    maskText: (text) => maskText(plan, text),
    maskArguments: (words) => words.map((word, at) => maskNamed(plan, flagName(words[at - 1]), word)),
  };
}

function untouched({ source, resource, data }: Redactable): RedactedEvent {
  return { source, resource, data, facts: [], originals: NOTHING };
}

function redact(plan: RedactionPlan, { source, resource, data }: Redactable): RedactedEvent {
  const walk = new Walk(plan);
  return {
    source: source === undefined ? undefined : walk.text(source, "source"),
    resource: resource === undefined ? undefined : walk.text(resource, "resource"),
    data: data === undefined ? undefined : walk.object(data, "data"),
    facts: walk.facts,
    originals: walk.originals,
  };
}

const NOTHING: readonly Original[] = [];

function findAll(plan: RedactionPlan, text: string): Finding[] {
  const all = findSensitive(text, plan.wanted);
  if (all.length === 0 && plan.custom.length === 0) return all;
  const found = all.filter(({ start, end }) => !plan.isAllowed(text.slice(start, end)));
  if (plan.custom.length === 0) return found;
  for (const { find, name } of plan.custom) {
    for (const { start, end } of find(text)) found.push({ start, end, category: "CUSTOM", type: name });
  }
  return withoutOverlaps(found);
}

/** @param always also where the policy only looks */
function replaceAll(text: string, findings: readonly Finding[], plan: RedactionPlan, always: boolean): string {
  let result = "";
  let from = 0;
  for (const { start, end, category, type } of findings) {
    if (!always && !plan.replaces(category)) continue;
    result += text.slice(from, start) + plan.tokenOf(category, type);
    from = end;
  }
  return from === 0 ? text : result + text.slice(from);
}

function maskText(plan: RedactionPlan, text: string): string {
  return replaceAll(text, findAll(plan, text), plan, true);
}

function maskNamed(plan: RedactionPlan, name: string | undefined, text: string): string {
  const category = name === undefined ? null : namedCategory(plan, name, text);
  return category === null ? maskText(plan, text) : plan.tokenOf(category, "");
}

/** @returns what the value is by its name, or null when the name does not tell or the policy does not ask */
function namedCategory(plan: RedactionPlan, name: string, value: string): NamedCategory | null {
  const category = classifyName(name);
  if (category === null || !plan.wanted.has(category) || plan.isAllowed(value)) return null;
  return isValueOf(category, value, "tight") ? category : null;
}

/** @returns the name that an argument gives the next one, as `--password` does */
function flagName(word: unknown): string | undefined {
  return typeof word === "string" && /^--?[A-Za-z][\w-]{1,60}$/.test(word) ? word : undefined;
}

/** One event's walk: copies only what changes. */
class Walk {
  readonly facts: RedactionFact[] = [];
  #originals: Original[] | undefined;
  readonly #plan: RedactionPlan;

  constructor(plan: RedactionPlan) {
    this.#plan = plan;
  }

  get originals(): readonly Original[] {
    return this.#originals ?? NOTHING;
  }

  text(text: string, path: string): string {
    const findings = findAll(this.#plan, text);
    if (findings.length === 0) return text;
    for (const { category, type, start, end } of findings) this.#note(category, type, path, text.slice(start, end));
    return replaceAll(text, findings, this.#plan, false);
  }

  object(value: JsonObject, path: string): JsonObject {
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(value)) {
      const member = value[key];
      const name = this.#key(key, path);
      const redacted = this.#member(name, member, `${path}.${name}`);
      if (redacted === member && name === key) continue;
      copy ??= { ...value };
      if (name !== key) delete copy[key];
      copy[name in copy && name !== key ? `${name} ${Object.keys(copy).length}` : name] = redacted;
    }
    return copy ?? value;
  }

  /** Names of members come again and again: those known to hold nothing are not searched. */
  #key(key: string, path: string): string {
    if (key.length < KEY_CHARACTERS_MIN || cleanKeys.has(key)) return key;
    const name = this.text(key, path);
    if (name === key && key.length <= PATH_CHARACTERS_MAX) {
      if (cleanKeys.size >= CLEAN_KEYS_MAX) cleanKeys.clear();
      cleanKeys.add(key);
    }
    return name;
  }

  #member(name: string, value: unknown, path: string): unknown {
    if (typeof value === "string") return this.#namedText(name, value, path);
    if (typeof value === "number") return this.#number(name, value, path);
    return this.#nested(name, value, path);
  }

  #nested(name: string, value: unknown, path: string): unknown {
    if (Array.isArray(value)) return this.#array(name, value, path);
    return isObject(value) ? this.object(value, path) : value;
  }

  #array(name: string, items: readonly unknown[], path: string): unknown {
    let copy: unknown[] | undefined;
    for (let at = 0; at < items.length; at++) {
      const redacted = this.#member(flagName(items[at - 1]) ?? name, items[at], path);
      if (redacted === items[at]) continue;
      copy ??= [...items];
      copy[at] = redacted;
    }
    return copy ?? items;
  }

  /** A value that its name makes a secret is taken out whole. */
  #namedText(name: string, value: string, path: string): string {
    const category = namedCategory(this.#plan, name, value);
    if (category === null) return this.text(value, path);
    const [form] = findSensitive(value, this.#plan.wanted);
    const type = form !== undefined && form.category === category ? form.type : `named_${category.toLowerCase()}`;
    this.#note(category, type, path, value);
    return this.#plan.replaces(category) ? this.#plan.tokenOf(category, type) : value;
  }

  /** A number may be a card's or, by its name, an account's; it becomes text when it is taken out. */
  #number(name: string, value: number, path: string): unknown {
    const mayBeOwn = Number.isSafeInteger(value) && value >= NUMBER_MIN;
    if (!mayBeOwn && !(this.#plan.looksAtNumbers && namedCategory(this.#plan, name, String(value)) !== null))
      return value;
    const text = String(value);
    const redacted = this.#namedText(name, text, path);
    return redacted === text ? value : redacted;
  }

  #note(category: RedactionCategory, type: string, path: string, text: string): void {
    const place = path.slice(0, PATH_CHARACTERS_MAX);
    const kept = this.#plan.keeps(category);
    if (kept) (this.#originals ??= []).push({ category, type, path: place, text });
    const known = this.facts.find((fact) => fact.type === type && fact.path === place && fact.category === category);
    if (known !== undefined) known.count += 1;
    else if (this.facts.length < FACTS_MAX)
      this.facts.push({ category, type, path: place, count: 1, ...(kept && { kept }) });
  }
}

/** Shorter numbers are no card's and no account's; a user's number and a latitude may be. */
const NUMBER_MIN = 10_000_000;
const KEY_CHARACTERS_MIN = 6;
const CLEAN_KEYS_MAX = 4096;
const cleanKeys = new Set<string>();

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null;
}
