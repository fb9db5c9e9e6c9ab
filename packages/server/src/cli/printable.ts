/* eslint-disable no-control-regex -- control characters are what is being removed */
/** Strings for the terminal itself (ECMA-48 5.6, 8.3.89 and others): OSC, DCS, SOS, PM, APC up to BEL or ST. */
const STRINGS = /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)/g;
/** Control sequences (ECMA-48 5.4): CSI, parameters, intermediates, one final byte. */
const SEQUENCES = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/g;
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;
/* eslint-enable no-control-regex */
/** Marks that reorder or hide text: directional overrides and isolates, zero-width characters, tags. */
const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * Text from agents and events may carry control sequences that move the cursor or rename the window, line breaks that
 * forge further output, and marks that reorder what is read.
 *
 * @returns one line that shows what is there
 */
export function printable(text: string): string {
  return text
    .replace(STRINGS, "")
    .replace(SEQUENCES, "")
    .replace(BREAKS, " ")
    .replace(CONTROLS, "\ufffd")
    .replace(INVISIBLE, "\ufffd");
}
