/** What PostgreSQL can keep: no NUL and no lone surrogate in any text, and a bounded size. */
const OUTPUT_BYTES_MAX = 256 * 1024;
const MESSAGE_CHARACTERS_MAX = 2000;

export function toStoredText(text: string): string {
  return text.slice(0, MESSAGE_CHARACTERS_MAX).replaceAll("\0", "\uFFFD").toWellFormed();
}

/** @returns JSON text that jsonb takes, or null when it is larger than {@link OUTPUT_BYTES_MAX} or no JSON */
export function toStoredJson(value: Readonly<Record<string, unknown>> | readonly unknown[]): string | null {
  try {
    const text = JSON.stringify(value, storable);
    return Buffer.byteLength(text) > OUTPUT_BYTES_MAX ? null : text;
  } catch {
    return null;
  }
}

function storable(_key: string, value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value);
  if (entries.every(([key]) => key === cleanText(key))) return value;
  return Object.fromEntries(entries.map(([key, member]) => [cleanText(key), member]));
}

function cleanText(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
