import { z } from "zod";

/** What an attribute has from its event, too. */
export interface MispAttribute {
  readonly type: string;
  readonly value: string;
  /** whether its author would have it looked for */
  readonly toIds: boolean;
  readonly uuid: string | undefined;
  readonly comment: string | undefined;
  readonly tags: readonly string[];
  readonly decay: readonly { readonly score: number; readonly decayed: boolean }[];
  readonly info: string | undefined;
  readonly eventTags: readonly string[];
}

const text = z.string().optional().catch(undefined);
const tags = z
  .array(z.object({ name: z.string() }).transform(({ name }) => name))
  .optional()
  .catch(undefined);
const attribute = z.object({
  type: z.string(),
  value: z.union([z.string(), z.number().transform(String)]),
  // MISP writes booleans; older feeds write digits or texts
  to_ids: z
    .union([
      z.boolean(),
      z.number().transform((flag) => flag !== 0),
      z.string().transform((flag) => /^(1|true)$/i.test(flag)),
    ])
    .default(false),
  deleted: z.unknown().optional(),
  uuid: text,
  comment: text,
  Tag: tags,
  decay_score: z
    .array(z.object({ score: z.coerce.number(), decayed: z.boolean() }))
    .optional()
    .catch(undefined),
});
const list = z.array(z.unknown()).default([]);
const object = z.object({ Attribute: list, deleted: z.unknown().optional() });
const event = z.object({ info: text, Tag: tags, Attribute: list, Object: list });
const wrapped = z.object({ Event: event }).transform(({ Event }) => Event);
const file = z.union([
  z.object({ response: z.array(wrapped) }).transform(({ response }) => response),
  // the answer to a search for attributes
  z.object({ response: event }).transform(({ response }) => [response]),
  z.array(wrapped),
  wrapped.transform((one) => [one]),
]);

/** One attribute, or what is none. */
export type MispEntry = { ok: true; attribute: MispAttribute } | { ok: false };

/**
 * MISP JSON: an event, several, the answer to a search; attributes and those of objects, in the order of the file. Deleted
 * ones are left out.
 *
 * @returns undefined when it is no MISP JSON
 */
export function listMispAttributes(content: unknown): MispEntry[] | undefined {
  const parsed = file.safeParse(content);
  if (!parsed.success) return undefined;
  const entries: MispEntry[] = [];
  for (const { info, Tag: eventTags = [], Attribute, Object: objects } of parsed.data) {
    for (const one of Attribute) addEntry(one, { info, eventTags }, entries);
    for (const group of objects) {
      const known = object.safeParse(group);
      if (!known.success) entries.push({ ok: false });
      else if (!isDeleted(known.data))
        for (const one of known.data.Attribute) addEntry(one, { info, eventTags }, entries);
    }
  }
  return entries;
}

function addEntry(one: unknown, shared: Pick<MispAttribute, "info" | "eventTags">, entries: MispEntry[]): void {
  const parsed = attribute.safeParse(one);
  if (!parsed.success) {
    entries.push({ ok: false });
    return;
  }
  if (isDeleted(parsed.data)) return;
  const { type, value, to_ids: toIds, uuid, comment, Tag = [], decay_score: decay = [] } = parsed.data;
  entries.push({ ok: true, attribute: { type, value, toIds, uuid, comment, tags: Tag, decay, ...shared } });
}

function isDeleted({ deleted }: { readonly deleted?: unknown }): boolean {
  return deleted === true || deleted === 1 || deleted === "1";
}
