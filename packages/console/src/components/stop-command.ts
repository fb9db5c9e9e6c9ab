import type { HoldLevel, HoldScope } from "@firebreak/protocol";

interface Stop {
  readonly scope: HoldScope;
  readonly target: string;
  readonly level: HoldLevel;
  readonly reason: string;
  /** what the kill switch policy wants typed, where it wants that */
  readonly confirmation?: string | null;
}

/** One word for a shell, whatever stands in it; what could act on a terminal when it is pasted is left out. */
function quote(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return /^[A-Za-z0-9][\w.:@-]*$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`;
}

/** @returns the command that does the same without this page and without the server */
export function stopCommandOf({ scope, target, level, reason, confirmation }: Stop): string {
  const what = scope === "global" ? "--global" : `--${scope} ${quote(target)}`;
  const why = reason.trim() === "" ? "TEXT" : quote(reason);
  const typed = confirmation ? ` --confirm ${quote(confirmation)}` : "";
  return `firebreak stop ${what} --level ${level} --reason ${why}${typed}`;
}
