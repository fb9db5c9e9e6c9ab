/** Markdown out of facts that others wrote: nothing in them may become markup. */

const CONTROL = /[\p{Cc}\u202A-\u202E\u2066-\u2069\u2028\u2029]+/gu;
const INLINE_MARKUP = /[\\`*_[\]<>|~&{}]/g;

/** @returns the text on one line, to be read as it was written: no markup, no HTML, no links that make themselves */
export function inline(text: string): string {
  const flat = text.replace(CONTROL, " ").trim();
  const escaped = flat
    .replace(INLINE_MARKUP, "\\$&")
    .replaceAll("://", "\\://")
    .replace(/\bwww\./gi, "www\\.");
  return escaped.replace(/^(\d+)([.)])/, "$1\\$2").replace(/^[-+#=]/, "\\$&");
}

/** @returns several lines as paragraphs, each line made harmless like {@link inline} */
export function block(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map(inline)
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/([^\n])\n(?=[^\n])/g, "$1  \n")
    .trim();
}

/** @returns a code span; what would end it is left out */
export function code(text: string): string {
  const flat = text.replace(CONTROL, " ").replaceAll("`", "'").trim();
  return flat === "" ? "(empty)" : `\`${flat}\``;
}

/** Cells must be safe already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** @returns for example `41 ms`, `1.5 s`, `3 min 5 s`, `2 h`, `1 d 4 h` */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  const whole = Math.round(ms / 1000) * 1000;
  const first = UNITS.findIndex(([, unitMs]) => whole >= unitMs);
  const parts = UNITS.slice(first, first + 2).map(([name, unitMs], index, pair) => {
    const rest = index === 0 ? whole : whole % (pair[0]?.[1] ?? 1);
    return [Math.floor(rest / unitMs), name] as const;
  });
  return parts
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(" ");
}
