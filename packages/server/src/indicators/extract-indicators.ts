import { INDICATOR_TEXT_CHARACTERS_MAX, extractIndicatorsRequest } from "@firebreak/protocol";
import type { ExtractedIndicator, ExtractedIndicators, IndicatorType } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import { FILE_ENDING, normalizeIndicator, refang } from "./normalize.ts";
import { observeText } from "./observe.ts";

const ITEMS_MAX = 10_000;
const NETWORK = /(?<![\w.:/])[\da-f:.]{2,45}\/\d{1,3}(?![\w./])/gi;

/**
 * What in a text could be an indicator: a report, a mail. Addresses, networks, domains, URLs, hashes, e-mail addresses and wallets;
 * of file names those of programs and documents. Signs that keep people from clicking are undone and told.
 *
 * @throws FirebreakError invalid_body when the text is too long
 */
export function extractIndicators(input: { readonly content: string }): ExtractedIndicators {
  const parsed = extractIndicatorsRequest.safeParse(input);
  if (!parsed.success) {
    const message = `The text is longer than ${INDICATOR_TEXT_CHARACTERS_MAX} characters; give it in parts.`;
    throw new FirebreakError("invalid_body", message);
  }
  const found = new Found();
  for (const [index, line] of parsed.data.content.split(/\r\n|[\r\n]/).entries()) found.addLine(line, index + 1);
  return found.finish();
}

class Found {
  readonly #items = new Map<string, { -readonly [K in keyof ExtractedIndicator]: ExtractedIndicator[K] }>();
  #truncated = false;

  finish(): ExtractedIndicators {
    return { items: [...this.#items.values()], truncated: this.#truncated };
  }

  /** What stands in the line only once its signs are undone was written so on purpose. */
  addLine(line: string, number: number): void {
    const plain = new Set(namesIn(line).keys());
    for (const [key, { type, value, count }] of namesIn(refang(line))) {
      const known = this.#items.get(key);
      if (known !== undefined) {
        known.count += count;
        known.defanged ||= !plain.has(key);
      } else if (this.#items.size >= ITEMS_MAX) this.#truncated = true;
      else this.#items.set(key, { type, value, count, line: number, defanged: !plain.has(key) });
    }
  }
}

interface Named {
  readonly type: IndicatorType;
  readonly value: string;
  count: number;
}

function namesIn(line: string): Map<string, Named> {
  const names = new Map<string, Named>();
  const add = (type: IndicatorType, text: string) => {
    const normal = normalizeIndicator(text, type);
    if (!normal.ok) return;
    const key = `${type} ${normal.value}`;
    const known = names.get(key);
    if (known === undefined) names.set(key, { type, value: normal.value, count: 1 });
    else known.count += 1;
  };
  observeText(line, (type, value) => {
    if (isNamedOnPurpose(type, value)) add(type, value);
  });
  for (const [network] of line.matchAll(NETWORK)) add("cidr", network);
  return names;
}

/** Programs and documents that run something; scripts are named in every text about code. */
const HARMFUL = /\.(?:exe|dll|bat|cmd|ps1|vbs|scr|msi|docm|xlsm|jar|iso|lnk|hta)$/i;

/** Every word with a full stop is a file name, and every path has a last part: those that can do harm are told. */
function isNamedOnPurpose(type: IndicatorType, value: string): boolean {
  if (type === "file_path") return false;
  return type === "file_name" ? HARMFUL.test(value) : type !== "domain" || !FILE_ENDING.test(value);
}
