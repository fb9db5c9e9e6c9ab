import type { EvidenceItemView, EvidenceView } from "@firebreak/protocol";
import type { Word } from "../../words.ts";

export const ITEM_WORDS = {
  collected: { label: "Whole", tone: "ok", meaning: "All of it is in the archive." },
  degraded: { label: "In part", tone: "warn", meaning: "A part of it is in the archive; the reason says which." },
  failed: { label: "Not had", tone: "danger", meaning: "It could not be had; the reason says why." },
} as const satisfies Record<EvidenceItemView["state"], Word>;

const COPY_WORDS = {
  waiting: { label: "Copy waiting", tone: "neutral", meaning: "It is copied into the object store next." },
  stored: {
    label: "Copy stored",
    tone: "ok",
    meaning: "Every object was read back out of the store and its hash is right.",
  },
  failed: { label: "Copy failed", tone: "warn", meaning: "It is tried again; the archive here stays." },
  deleting: { label: "Copy due", tone: "warn", meaning: "It is deleted from the object store next." },
} as const satisfies Record<NonNullable<EvidenceView["copy"]>["state"], Word>;

export function verifiedWord({ verified }: EvidenceView): Word {
  if (verified === null) {
    return {
      label: "Not verified yet",
      tone: "neutral",
      meaning: "Nobody has checked it against its signed manifest.",
    };
  }
  return verified.intact
    ? { label: "Intact", tone: "ok", meaning: "The newest verification found it as it was sealed." }
    : { label: "Not intact", tone: "danger", meaning: "The newest verification found that it was changed." };
}

/** How the files lie on the disk: no verdict on what is in them, so it is no badge beside that of a verification. */
export function sealText({ seal }: EvidenceView): { readonly label: string; readonly meaning: string } {
  if (seal === null) return { label: "being locked", meaning: "its files become read-only within seconds" };
  return seal === "immutable"
    ? {
        label: "locked on disk",
        meaning: "its files cannot be changed, also not by root, before the flag is taken off",
      }
    : { label: "read-only on disk", meaning: `its files are without the right to write, not immutable: ${seal}` };
}

export function copyWord({ copy }: EvidenceView): Word | null {
  return copy === null ? null : COPY_WORDS[copy.state];
}
