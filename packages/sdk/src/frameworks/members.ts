/** A function of the framework or of the agent, with whatever arguments. */
export type AnyFunction = (...args: never[]) => unknown;

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

export function isFunction(value: unknown): value is AnyFunction {
  return typeof value === "function";
}

/** @returns the member, also one of the class of `value`; undefined when there is none */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

/** Calls a function of the agent with what the framework gave for it. */
export function callWith(fn: AnyFunction, self: unknown, args: readonly unknown[]): unknown {
  return Reflect.apply(fn, self, args);
}
