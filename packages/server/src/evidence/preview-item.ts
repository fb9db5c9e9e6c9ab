import type { EvidencePreview } from "@firebreak/protocol";
import { openItem } from "./read-archive.ts";

export const PREVIEW_BYTES = 64 * 1024;
const HEX_BYTES = 4 * 1024;
const LINE = 16;
/** A letter of UTF-8 may begin up to three bytes before the end of a part. */
const LETTER_BYTES = 4;

/**
 * A part of an item of this home's archive as text.
 *
 * @throws FirebreakError not_found, conflict
 */
export async function previewItem(directory: string, index: number, offset: number): Promise<EvidencePreview> {
  const { item, handle, bytes: bytesTotal } = await openItem(directory, index);
  try {
    const buffer = Buffer.alloc(Math.max(0, Math.min(PREVIEW_BYTES, bytesTotal - offset)));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    return showPart(buffer.subarray(0, bytesRead), { name: item.name, offset, bytesTotal });
  } finally {
    await handle.close();
  }
}

/**
 * Shows a part of an item: what is UTF-8 as it reads, everything else (images too) as hexadecimal digits. Control characters
 * and marks that reorder text become visible marks, so that nothing in it acts on whoever looks.
 */
export function showPart(
  part: Buffer,
  { name, offset, bytesTotal }: { readonly name: string; readonly offset: number; readonly bytesTotal: number },
): EvidencePreview {
  const isLast = offset + part.length >= bytesTotal;
  const text = decode(part, offset > 0, !isLast);
  const shown = text === null ? hexOf(part.subarray(0, HEX_BYTES), offset) : textOf(text.text, offset === 0 && isLast);
  const bytes = text?.bytes ?? Math.min(part.length, HEX_BYTES);
  const next = offset + bytes < bytesTotal && bytes > 0 ? offset + bytes : null;
  return { name, ...shown, offset, bytes, bytesTotal, next };
}

/** @returns null when the bytes are not text; a letter that the part cuts is left to the next one */
function decode(part: Buffer, mayBeginInside: boolean, mayEndInside: boolean): { text: string; bytes: number } | null {
  if (part.includes(0)) return null;
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const starts = mayBeginInside ? LETTER_BYTES : 1;
  const ends = mayEndInside ? LETTER_BYTES : 1;
  for (let start = 0; start < starts; start++) {
    for (let cut = 0; cut < ends; cut++) {
      const bytes = part.length - cut;
      try {
        return { text: utf8.decode(part.subarray(start, bytes)), bytes };
      } catch {
        // the next cut may be where the letter begins
      }
    }
  }
  return null;
}

function textOf(text: string, isWhole: boolean): { kind: "text" | "json"; text: string } {
  if (isWhole && /^\s*[[{]/.test(text)) {
    try {
      return { kind: "json", text: visible(JSON.stringify(JSON.parse(text), null, 2)) };
    } catch {
      // it looks like JSON and is none
    }
  }
  return { kind: "text", text: visible(text) };
}

/* eslint-disable no-control-regex -- control characters are what is being shown */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/* eslint-enable no-control-regex */
const REORDERING = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function visible(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(CONTROLS, "\ufffd").replace(REORDERING, "\ufffd");
}

function hexOf(part: Buffer, offset: number): { kind: "hex"; text: string } {
  const lines: string[] = [];
  for (let start = 0; start < part.length; start += LINE) {
    const bytes = part.subarray(start, start + LINE);
    const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = bytes.toString("latin1").replace(/[^\x20-\x7e]/g, ".");
    lines.push(`${(offset + start).toString(16).padStart(8, "0")}  ${digits.padEnd(LINE * 3 - 1)}  ${letters}`);
  }
  return { kind: "hex", text: lines.join("\n") };
}
