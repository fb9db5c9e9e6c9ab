import type { Matcher } from "@firebreak/protocol";
import { compileValueTest } from "../../kernel/index.ts";

/** Values nobody uses: a condition that takes them all takes everything. */
const PROBES = ["x", "0", "firebreak-probe", "Ω≈ç√∫", "a.b:c/d e@f"];
/** Of few alerts, half is soon reached. */
const SHARE_OF_MIN = 10;
const SHARE_MAX = 0.5;

/** What is known of how much a silence would mute. */
export interface Breadth {
  readonly openAlerts: number;
  readonly matched: number;
}

/** @returns why the matchers are too wide to be taken without an explicit confirmation; empty when they are not */
export function warnOfBreadth(matchers: readonly Matcher[], { openAlerts, matched }: Breadth): string[] {
  const warnings: string[] = [];
  if (matchers.every(takesAnything)) {
    warnings.push("no condition names anything in particular, so it would mute nearly every alert, also future ones");
  }
  if (openAlerts >= SHARE_OF_MIN && matched > openAlerts * SHARE_MAX) {
    warnings.push(`it would mute ${matched} of the ${openAlerts} alerts that are open now`);
  }
  return warnings;
}

function takesAnything({ op, value }: Matcher): boolean {
  const test = compileValueTest({ op, value });
  return test.ok && PROBES.every(test.value);
}
