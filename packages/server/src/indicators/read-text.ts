import type { Candidate, Read } from "./candidate.ts";

/** One indicator a line; what follows `#` or a space is a remark. */
export function readText(content: string): Read {
  const candidates: Candidate[] = [];
  for (const [index, line] of content
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const [, value = "", remark = ""] = /^\s*([^\s#]*)\s*#?\s*(.*)$/.exec(line) ?? [];
    if (value === "") continue;
    candidates.push({ place: `line ${index + 1}`, value, ...(remark === "" ? {} : { description: remark.trim() }) });
  }
  return { candidates, refusals: [] };
}
