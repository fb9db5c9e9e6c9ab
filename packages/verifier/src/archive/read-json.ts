/** Nesting that no honest manifest needs; a parser that recurses must not be led deeper. */
const DEPTH_MAX = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export type JsonRead = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

/** Reads bytes as JSON. What is no UTF-8, nested too deeply or no JSON is told and never throws. */
export function readJson(bytes: Uint8Array): JsonRead {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { ok: false, why: "is not UTF-8" };
  }
  if (isTooDeep(text)) return { ok: false, why: `is nested deeper than ${DEPTH_MAX} levels` };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, why: "is not JSON" };
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let isText = false;
  for (let index = 0; index < text.length; index++) {
    const letter = text[index];
    if (isText && letter === "\\") index += 1;
    else if (letter === '"') isText = !isText;
    else if (!isText && (letter === "{" || letter === "[")) depth += 1;
    else if (!isText && (letter === "}" || letter === "]")) depth -= 1;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}
