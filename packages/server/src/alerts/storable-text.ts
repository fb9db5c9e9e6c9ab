/** PostgreSQL keeps neither U+0000 nor halves of surrogate pairs; what agents write may hold both. */
export function toStorableText(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\uFFFD");
}

/** @returns JSON text that a jsonb column takes, whatever the strings inside */
export function toStorableJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === "string" ? toStorableText(member) : member));
}
