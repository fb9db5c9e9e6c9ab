/**
 * The references of a playbook: `${inputs.x}`, `${steps.id.output.y}`, `${run.id}`, `${incident.id}`, and `$${` for a
 * plain `${`. Only own properties are read and nothing is evaluated. A text that is one reference keeps the value's
 * type; a reference inside a text must be a string, number or boolean.
 */
export type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "reference"; readonly path: readonly string[] }
  | { readonly kind: "malformed"; readonly text: string };

const REFERENCE = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;
const REFERENCE_PATH = /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;
const DEPTH_MAX = 20;

export function parseTemplate(text: string): Segment[] {
  const segments: Segment[] = [];
  let done = 0;
  for (const match of text.matchAll(REFERENCE)) {
    if (match.index > done) segments.push({ kind: "text", text: text.slice(done, match.index) });
    segments.push(toSegment(match[0], match[1]));
    done = match.index + match[0].length;
  }
  if (done < text.length) segments.push({ kind: "text", text: text.slice(done) });
  return segments;
}

function toSegment(whole: string, inner: string | undefined): Segment {
  if (whole === "$${") return { kind: "text", text: "${" };
  const path = inner?.trim();
  if (path === undefined || !REFERENCE_PATH.test(path)) return { kind: "malformed", text: whole };
  return { kind: "reference", path: path.split(".") };
}

/** What references of a playbook may read. A declared input that was left out is present with the value undefined. */
export interface Scope {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly steps: Readonly<Record<string, { readonly output: Readonly<Record<string, unknown>> }>>;
  readonly run: { readonly id: string };
  readonly incident: { readonly id: string | null };
}

/** An input left out is null in the journal and undefined to references. */
export function toScopeInputs(inputs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, value ?? undefined]));
}

export type Resolution =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly missing: readonly string[] };

/** Replaces every reference in a value of JSON shape. Members whose value is an input left out are left out too. */
export function resolveReferences(value: unknown, scope: object): Resolution {
  const missing: string[] = [];
  const resolved = resolveAny(value, scope, missing, 0);
  return missing.length > 0 ? { ok: false, missing } : { ok: true, value: resolved };
}

function resolveAny(value: unknown, scope: object, missing: string[], depth: number): unknown {
  if (depth > DEPTH_MAX) {
    missing.push("parameters are nested too deeply");
    return undefined;
  }
  if (typeof value === "string") return resolveText(value, scope, missing);
  if (Array.isArray(value)) return value.map((item) => resolveAny(item, scope, missing, depth + 1));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(
    ([key, member]) => [key, resolveAny(member, scope, missing, depth + 1)] as const,
  );
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function resolveText(text: string, scope: object, missing: string[]): unknown {
  const segments = parseTemplate(text);
  const [only] = segments;
  if (segments.length === 1 && only?.kind === "reference") return readReference(only.path, scope, missing);
  return segments.map((segment) => resolveSegment(segment, scope, missing)).join("");
}

function resolveSegment(segment: Segment, scope: object, missing: string[]): string {
  if (segment.kind === "text") return segment.text;
  if (segment.kind === "malformed") {
    missing.push(segment.text);
    return "";
  }
  const value = readReference(segment.path, scope, missing);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  missing.push(segment.path.join("."));
  return "";
}

function readReference(path: readonly string[], scope: object, missing: string[]): unknown {
  let value: unknown = scope;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
      missing.push(path.join("."));
      return undefined;
    }
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

/** A reference and the path of the text it stands in; `whole` when the text is nothing else. */
export interface FoundReference {
  readonly at: readonly (string | number)[];
  readonly segment: Exclude<Segment, { kind: "text" }>;
  readonly whole: boolean;
}

/** @returns every reference and malformed piece in a value */
export function findReferences(value: unknown, at: readonly (string | number)[] = []): FoundReference[] {
  if (at.length > DEPTH_MAX) return [];
  if (typeof value === "string") {
    const segments = parseTemplate(value);
    return segments.flatMap((segment) =>
      segment.kind === "text" ? [] : [{ at, segment, whole: segments.length === 1 }],
    );
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => findReferences(item, [...at, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => findReferences(member, [...at, key]));
}
