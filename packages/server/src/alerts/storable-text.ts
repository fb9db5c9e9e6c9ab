/** PostgreSQL keeps neither U+0000 nor halves of surrogate pairs; what agents write may hold both. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\uFFFD");
}

/** @returns JSON text that a jsonb column takes, whatever the strings and names inside */
export function toStorableJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === "string") return toStorableText(member);
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).map(([name, inner]) => [toStorableText(name), inner]));
  });
}
