import type { RedactionPolicy } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";

/** Where a person writes at length, the text itself says that something was taken out of it. */
const LONG: ReadonlySet<string> = new Set(["text", "summary", "rootCause"]);
const REMARK = "(Firebreak took a secret out of this text.)";
const CHARACTERS_MAX = 10_000;

/** Takes secrets, and nothing that tells of persons, out of what a person typed: logs and commands are pasted into notes. */
export function createTypedTextMask(policy: RedactionPolicy): <T extends object>(request: T) => T {
  const { maskText } = createRedactor({ ...policy, pii: "off" });
  return (request) => {
    const changes: Record<string, string> = {};
    for (const [name, value] of Object.entries(request)) {
      if (typeof value !== "string" || name === "id") continue;
      const masked = maskText(value);
      if (masked === value) continue;
      const told = `${masked}\n\n${REMARK}`;
      changes[name] = LONG.has(name) && told.length <= CHARACTERS_MAX ? told : masked;
    }
    return { ...request, ...changes };
  };
}
