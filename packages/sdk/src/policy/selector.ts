import type { PolicySelector } from "@firebreak/protocol/policy";

export interface Selected {
  readonly agent: string;
  readonly pack?: string | undefined;
  readonly tool?: string | undefined;
  readonly integration?: string | undefined;
}

/** @returns whether an entry of the policy is for this; what is not known meets no list */
export function selects(selector: PolicySelector, { agent, pack, tool, integration }: Selected): boolean {
  return (
    meets(selector.agents, agent) &&
    meets(selector.packs, pack) &&
    meets(selector.tools, tool) &&
    meets(selector.integrations, integration)
  );
}

function meets(patterns: readonly string[] | undefined, name: string | undefined): boolean {
  if (patterns === undefined) return true;
  return name !== undefined && patterns.some((pattern) => matchesPattern(pattern, name));
}

/** Names are compared as they are; `*` stands for any characters. In time linear in the name for each part. */
function matchesPattern(pattern: string, name: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() ?? "";
  let from = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
