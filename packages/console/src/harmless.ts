/** What agents and senders write, made visible: nothing in it may move, hide or reorder what a person reads. */

/* eslint-disable no-control-regex -- control characters are what is being shown */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
const CONTROLS_ABOVE = /[\u0080-\u009f]/g;
/* eslint-enable no-control-regex */
/** Marks that reorder or hide text: directional overrides and isolates, zero-width characters, tags. */
const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

const named = (character: string) =>
  `‹U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}›`;

/** @returns the text with control characters as their pictures (␛) and invisible marks by their numbers (‹U+202E›) */
export function showHidden(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(CONTROLS, (character) =>
      String.fromCharCode(character === "\u007f" ? 0x2421 : 0x2400 + character.charCodeAt(0)),
    )
    .replace(CONTROLS_ABOVE, named)
    .replace(INVISIBLE, named);
}
