import { compileMatchers } from "../../kernel/index.ts";
import type { LabelTest, Profile } from "../../kernel/index.ts";
import type { Matcher } from "@firebreak/protocol";
import type { Inhibition, Route } from "./types.ts";

export interface CompiledRules {
  readonly routes: readonly Route[];
  readonly inhibitions: readonly (Inhibition & { readonly sourceMatchers: readonly Matcher[] })[];
}

const MINUTE_MS = 60_000;
/** A profile does not change while a server runs. */
const compiled = new WeakMap<Profile["alerts"], CompiledRules>();

/** @returns the routes and inhibitions of the profile, compiled once */
export function compileRules({ alerts }: Pick<Profile, "alerts">): CompiledRules {
  const known = compiled.get(alerts);
  if (known !== undefined) return known;
  const rules = {
    routes: alerts.routes.map(({ name, match, type, repeatMinutes, ...route }) => ({
      ...route,
      id: name,
      matches: testOf(match),
      severity: route.severity,
      incidentType: type,
      groupBy: route.groupBy,
      repeatMs: (repeatMinutes ?? 0) * MINUTE_MS,
    })),
    inhibitions: alerts.inhibitions.map(({ name, source, target, equal, mutesContainment }) => ({
      id: name,
      mutesContainment,
      source: testOf(source),
      sourceMatchers: source,
      target: testOf(target),
      equal,
    })),
  };
  compiled.set(alerts, rules);
  return rules;
}

/** Guarantee: the profile's schema compiled these matchers before. */
function testOf(matchers: readonly Matcher[]): LabelTest {
  const test = compileMatchers(matchers);
  if (!test.ok) throw new TypeError(`a profile was loaded with matchers that do not compile: ${test.problem}`);
  return test.value;
}
