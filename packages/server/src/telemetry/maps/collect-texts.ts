/** Keys under which messages of agents hold text. */
const TEXT_KEYS: ReadonlySet<string> = new Set(["text", "content", "parts", "message", "output", "result", "body"]);
const LEVELS_MAX = 12;
const TEXTS_MAX = 1000;

/**
 * @returns the texts in a nested value, as messages of agents nest them (`[{ role, content: [{ type, text }] }]`, also as
 *   JSON inside a text), one a line
 */
export function collectTexts(value: unknown): string {
  const texts: string[] = [];
  collect(value, LEVELS_MAX, texts);
  return texts.join("\n");
}

function collect(value: unknown, levels: number, texts: string[]): void {
  if (levels === 0 || texts.length >= TEXTS_MAX) return;
  if (typeof value === "string") {
    const inner = readNested(value);
    if (inner === undefined) texts.push(value);
    else collect(inner, levels - 1, texts);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, levels - 1, texts);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) if (TEXT_KEYS.has(key)) collect(member, levels - 1, texts);
  }
}

/** @returns a list or object that a text holds as JSON, when it has texts for us */
function readNested(text: string): object | undefined {
  if (!/^\s*(?:\[\s*\{|\{\s*"(?:text|content|parts|message|role)")/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
