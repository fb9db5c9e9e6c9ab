import path from "node:path";

const WINDOWS = /^(?:[a-z]:[\\/]|\\\\[^\\])/i;
const POSIX = /^~?\//;
/** What ends a word when texts are looked through: a path with it would never be met. */
const ENDS_WORD = /[\s"'`<>(){}|;,=&?#*$!^[\]]/;
const CHARACTERS_MAX = 512;

/**
 * @returns a whole path in the one form in which paths are compared: without `.`, `..` and doubled signs, on Windows with
 *   backslashes and in lower case; undefined for what is none
 */
export function toFilePath(text: string): string | undefined {
  if (text.length > CHARACTERS_MAX || ENDS_WORD.test(text)) return undefined;
  if (WINDOWS.test(text)) return dropEnd(path.win32.normalize(text).toLowerCase(), "\\", "\\");
  return POSIX.test(text) ? dropEnd(path.posix.normalize(text), "/", "~") : undefined;
}

/** A folder may be written with a sign at the end; the root alone is no path to look for. */
function dropEnd(normal: string, sign: string, root: string): string | undefined {
  const bare = normal.endsWith(sign) ? normal.slice(0, -1) : normal;
  return bare === "" || bare === root || bare.endsWith(":") ? undefined : bare;
}
