import { METRICS } from "@firebreak/protocol";
import type { ActiveMode, BreakerPolicy, BudgetPolicy, PolicyView } from "@firebreak/protocol";
import type { PolicyKeeper } from "./keep-policy.ts";
import type { LoadedPolicies } from "./load-policies.ts";

export function showPolicy({ published, loaded }: Pick<PolicyKeeper, "published" | "loaded">): PolicyView {
  return {
    ...viewOfLoaded(loaded),
    epoch: published?.epoch ?? null,
    hash: published?.hash ?? null,
    throttle: published?.throttle ?? null,
  };
}

/** What the files say, for whoever looks at them before a server does. */
export function viewOfLoaded(loaded: LoadedPolicies): Omit<PolicyView, "epoch" | "hash" | "throttle"> {
  return {
    rules: loaded.ruleInfos.flatMap(({ id, title, file, line, custom }) => {
      const mode = custom["mode"] ?? "enforce";
      return mode === "enforce" || mode === "warn" || mode === "monitor" ? [{ id, title, mode, file, line }] : [];
    }),
    budgets: loaded.budgets.map((entry) => ({ ...pick(entry), window: entry.window, limits: limitsText(entry) })),
    breakers: loaded.breakers.map((entry) => ({ ...pick(entry), opensOn: opensText(entry), openForMs: entry.openMs })),
    concurrency: loaded.concurrency.map((entry) => ({ ...pick(entry), max: entry.max })),
    problems: [...loaded.problems],
  };
}

function pick({ name, mode, per }: { readonly name: string; readonly mode: ActiveMode; readonly per: string }) {
  return { name, mode, per };
}

function limitsText({ limits }: BudgetPolicy): string {
  return METRICS.flatMap((metric) => (limits[metric] === undefined ? [] : [`${limits[metric]} ${metric}`])).join(", ");
}

function opensText({ failures, errorPercent, minimum, windowMs }: BreakerPolicy): string {
  const number = failures === null ? [] : [`${failures} failures`];
  const share = errorPercent === null ? [] : [`${errorPercent} % of at least ${minimum}`];
  return `${[...number, ...share].join(" or ")} in ${windowMs / 1000} s`;
}
