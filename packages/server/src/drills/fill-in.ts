/** What `${name}` and `${service.name}` stand for in a drill's values. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

const REFERENCE = /\$\{([a-zA-Z][\w.-]{0,127})\}/g;
const WHOLE = /^\$\{([a-zA-Z][\w.-]{0,127})\}$/;

/**
 * @returns the value with every reference in its texts replaced; a text that is one reference becomes the fact itself
 * @throws RangeError for a name that stands for nothing
 */
export function fillIn(value: unknown, facts: Facts): unknown {
  if (typeof value === "string") return fillInText(value, facts);
  if (Array.isArray(value)) return value.map((item: unknown) => fillIn(item, facts));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, facts)]));
}

/** As {@link fillIn}, for a mapping. */
export function fillInAll(values: Readonly<Record<string, unknown>>, facts: Facts): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fillIn(value, facts)]));
}

function fillInText(text: string, facts: Facts): string | number | boolean {
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) return factOf(whole, facts);
  return text.replaceAll(REFERENCE, (_match, name: string) => String(factOf(name, facts)));
}

function factOf(name: string, facts: Facts): string | number | boolean {
  const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
  if (fact !== undefined) return fact;
  throw new RangeError(`\${${name}} stands for nothing here; there is ${Object.keys(facts).toSorted().join(", ")}`);
}
