import { TLP_LEVELS, tlpLevel } from "@firebreak/protocol";
import type { TlpLevel } from "@firebreak/protocol";

/** Ids of the marking definitions of OASIS: the five of TLP 2.0, and those of TLP 1.0 that STIX 2.1 predefines. */
const TLP_2_0: Readonly<Record<TlpLevel, string>> = {
  clear: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
  green: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
  amber: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
  "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
  red: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
};
const TLP_1_0: ReadonlyMap<string, TlpLevel> = new Map([
  ["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "clear"],
  ["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "green"],
  ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "amber"],
  ["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "red"],
]);
const LEVEL_OF = new Map([...TLP_1_0, ...TLP_LEVELS.map((level) => [TLP_2_0[level], level] as const)]);
const EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";
/** Part of the published objects. */
const CREATED = "2022-10-01T00:00:00.000Z";

/** The marking as it is published; bundles that refer to it carry it. */
export function markingOf(level: TlpLevel) {
  return {
    type: "marking-definition",
    spec_version: "2.1",
    id: TLP_2_0[level],
    created: CREATED,
    name: `TLP:${level.toUpperCase()}`,
    extensions: { [EXTENSION]: { extension_type: "property-extension", tlp_2_0: level } },
  };
}

/** @returns the strictest level among references to markings; others than of TLP are passed over */
export function tlpOfMarkings(refs: readonly string[]): TlpLevel | undefined {
  return strictestTlp(refs.flatMap((ref) => LEVEL_OF.get(ref) ?? []));
}

/** @returns the strictest level among tags such as `tlp:amber` */
export function tlpOfTags(tags: readonly string[]): TlpLevel | undefined {
  const levels = tags.flatMap((tag) => {
    const name = /^tlp:"?([a-z+]+)"?$/i.exec(tag.trim())?.[1]?.toLowerCase();
    return tlpLevel.safeParse(name === "white" ? "clear" : name).data ?? [];
  });
  return strictestTlp(levels);
}

export function isStricter(level: TlpLevel, than: TlpLevel): boolean {
  return TLP_LEVELS.indexOf(level) > TLP_LEVELS.indexOf(than);
}

function strictestTlp(levels: readonly TlpLevel[]): TlpLevel | undefined {
  return TLP_LEVELS.findLast((level) => levels.includes(level));
}
