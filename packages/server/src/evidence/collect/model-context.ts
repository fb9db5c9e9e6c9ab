import { createHash } from "node:crypto";

/** What an answer of a model depended on, by where events hold it (OpenTelemetry's names, and those of the field maps). */
const PARTS = {
  models: /(?:^|\.)(?:model|gen_ai\.(?:request|response)\.model)$/,
  instructions: /(?:^|\.)(?:instructions|system_prompt|systemPrompt|gen_ai\.system_instructions)$/,
  toolDefinitions: /(?:^|\.)(?:tools|tool_definitions|toolDefinitions|gen_ai\.tool\.definitions)$/,
  retrievedDocuments: /(?:^|\.)(?:documents|retrieved_documents|gen_ai\.retrieval\.documents)$/,
} as const;
type Part = keyof typeof PARTS | "prompts";

const VALUES_MAX = 500;
const VALUE_CHARACTERS_MAX = 64 * 1024;
const DEPTH_MAX = 12;

interface Held {
  readonly value: unknown;
  readonly first: string;
  last: string;
  count: number;
}

interface StoredEvent {
  readonly id?: string;
  readonly kind?: string;
  readonly data?: unknown;
}

export interface ModelContext {
  readonly found: Readonly<Record<Part, readonly Held[]>>;
  /** what no event holds */
  readonly absent: string[];
  readonly events: number;
}

/** Gathers each distinct value once, with the first and the last event that holds it. */
export function gatherModelContext(): { add(body: string): void; result(): ModelContext } {
  const held: Record<Part, Map<string, Held>> = {
    models: new Map(),
    instructions: new Map(),
    toolDefinitions: new Map(),
    retrievedDocuments: new Map(),
    prompts: new Map(),
  };
  let events = 0;
  const keep = (part: Part, value: unknown, event: string) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (text === "" || text === "null" || text.length > VALUE_CHARACTERS_MAX) return;
    const key = createHash("sha256").update(text).digest("base64");
    const before = held[part].get(key);
    if (before !== undefined) Object.assign(before, { last: event, count: before.count + 1 });
    else if (held[part].size < VALUES_MAX) held[part].set(key, { value, first: event, last: event, count: 1 });
  };
  const walk = (value: unknown, place: string, event: string, depth: number): void => {
    if (depth > DEPTH_MAX || typeof value !== "object" || value === null || Array.isArray(value)) return;
    for (const [key, one] of Object.entries(value)) {
      const at = place === "" ? key : `${place}.${key}`;
      const part = partOf(at);
      if (part === null) walk(one, at, event, depth + 1);
      else keep(part, one, event);
    }
  };
  return {
    add: (body) => {
      events += 1;
      const event = parseEvent(body);
      walk(event.data, "", event.id ?? "", 0);
      if (event.kind === "prompt" && isRecord(event.data))
        keep("prompts", event.data["content"] ?? null, event.id ?? "");
    },
    result: () => {
      const of = (part: Part) => [...held[part].values()];
      const found = {
        models: of("models"),
        instructions: of("instructions"),
        toolDefinitions: of("toolDefinitions"),
        retrievedDocuments: of("retrievedDocuments"),
        prompts: of("prompts"),
      };
      const absent = Object.entries(found).flatMap(([part, values]) => (values.length === 0 ? [part] : []));
      return { found, absent, events };
    },
  };
}

const PLACES = Object.keys(PARTS) as (keyof typeof PARTS)[];

function partOf(place: string): keyof typeof PARTS | null {
  return PLACES.find((part) => PARTS[part].test(place)) ?? null;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** A stored body is an event that the intake checked. */
function parseEvent(body: string): StoredEvent {
  return JSON.parse(body) as StoredEvent;
}
