import type { RedactionCategory } from "@firebreak/protocol";
import { z } from "zod";
import { decrypt, encrypt } from "./cipher.ts";
import { keyNameText } from "./data-keys.ts";
import type { DataKey, DataKeys, KeyName } from "./data-keys.ts";

export interface PlainOriginal {
  readonly category: RedactionCategory;
  readonly type: string;
  readonly path: string;
  readonly text: string;
}

/** An event as far as its originals are bound to it. */
export interface EventName {
  readonly id: string;
  /** ISO 8601 in UTC with milliseconds */
  readonly time: string;
  readonly agentId: string;
}

export interface OpenOriginals {
  readonly event: EventName;
  readonly originals: readonly PlainOriginal[];
}

/** The originals of one category of one event, encrypted. */
export interface SealedOriginals {
  readonly eventId: string;
  readonly eventTime: string;
  readonly category: RedactionCategory;
  readonly keyId: string;
  readonly sealed: Buffer;
}

const DAY_CHARACTERS = 10;

export const keyNameOf = (event: EventName, category: RedactionCategory): KeyName => ({
  agentId: event.agentId,
  category,
  day: event.time.slice(0, DAY_CHARACTERS),
});

/** What a ciphertext is bound to: moved to another event it does not open. */
const boundOf = (keyId: string, event: EventName, category: RedactionCategory) =>
  `firebreak originals\n${keyId}\n${event.id}\n${event.time}\n${category}`;

/** Encrypts what was taken out of events, before it is stored together with them. */
export async function sealOriginals(keys: DataKeys, items: readonly OpenOriginals[]): Promise<SealedOriginals[]> {
  const parts = items.flatMap(({ event, originals }) => groupByCategory(event, originals));
  const found = await keys.require(parts.map(({ event, category }) => keyNameOf(event, category)));
  return parts.map(({ event, category, originals }) => {
    const { id: keyId, key } = present(found.get(keyNameText(keyNameOf(event, category))));
    const plain = JSON.stringify(originals.map(({ path, type, text }) => [path, type, text]));
    const sealed = encrypt(key, plain, boundOf(keyId, event, category));
    return { eventId: event.id, eventTime: event.time, category, keyId, sealed };
  });
}

/** Guarantee: `require` answers every name or throws. */
function present(key: DataKey | undefined): DataKey {
  if (key === undefined) throw new Error("no key was stored for the originals of an event");
  return key;
}

function groupByCategory(event: EventName, originals: readonly PlainOriginal[]) {
  const groups = new Map<RedactionCategory, PlainOriginal[]>();
  for (const original of originals) {
    const group = groups.get(original.category);
    if (group === undefined) groups.set(original.category, [original]);
    else group.push(original);
  }
  return [...groups].map(([category, members]) => ({ event, category, originals: members }));
}

const sealedText = z.array(z.tuple([z.string(), z.string(), z.string()]));

/** @returns null when the key is another, or the row was changed or moved from another event */
export function openSealed(
  { id, key }: DataKey,
  event: EventName,
  { category, sealed }: { readonly category: RedactionCategory; readonly sealed: Buffer },
): PlainOriginal[] | null {
  const plain = decrypt(key, sealed, boundOf(id, event, category));
  if (plain === null) return null;
  const members = sealedText.parse(JSON.parse(plain.toString("utf8")));
  return members.map(([path, type, text]) => ({ category, path, type, text }));
}
