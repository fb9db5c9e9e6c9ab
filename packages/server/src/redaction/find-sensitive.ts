import type { RedactionCategory } from "@firebreak/protocol";
import { findAnchored } from "./find-anchored.ts";
import { findByMiddle, findPrivateKeys, findRareForms, findUrlCredentials, findWebTokens } from "./find-blocks.ts";
import { findPersonal } from "./find-personal.ts";
import { findImportKeys, findMnemonics, IMPORT_KEY_CHARACTERS_MIN } from "./find-wallets.ts";
import { isVague, withoutOverlaps } from "./finding.ts";
import type { Finding, Report } from "./finding.ts";
import { surveyText } from "./survey.ts";
import type { Survey } from "./survey.ts";
import { decodeBase64, decodeText, ENCODED_CHARACTERS_MIN, joinParts } from "./views.ts";
import type { View } from "./views.ts";

/** Shorter texts hold no secret of a known form and nothing that tells of a person. */
const TEXT_CHARACTERS_MIN = 6;
/**
 * Finds secrets and personal data of the wanted categories, in time linear in the text: as it stands, as it reads with
 * its encodings undone, with its broken lines joined, and inside base64.
 *
 * @returns the findings in order, without overlaps
 */
export function findSensitive(text: string, wanted: ReadonlySet<RedactionCategory>): Finding[] {
  if (text.length < TEXT_CHARACTERS_MIN) return NOTHING;
  const survey = surveyText(text);
  const found = findIn(text, wanted, survey);
  if (survey.isOdd) addFromView(found, decodeText(text), wanted);
  if (!wanted.has("KEY")) return withoutOverlaps(found);
  if (survey.hasLineEnd || text.includes("+")) addFromView(found, joinParts(text), KEYS_ONLY);
  if (survey.longestRun >= ENCODED_CHARACTERS_MIN) addFromBase64(found, text);
  return withoutOverlaps(found);
}

const NOTHING: Finding[] = [];
const KEYS_ONLY: ReadonlySet<RedactionCategory> = new Set<RedactionCategory>(["KEY"]);

function findIn(text: string, wanted: ReadonlySet<RedactionCategory>, survey: Survey): Finding[] {
  const found: Finding[] = [];
  const report: Report = (start, end, category, type) => {
    if (wanted.has(category) && end > start) found.push({ start, end, category, type });
  };
  const hints = findAnchored(text, report);
  if (wanted.has("KEY") || wanted.has("PWD")) {
    findPrivateKeys(text, report);
    findUrlCredentials(text, report);
    findWebTokens(text, report);
    findByMiddle(text, report);
    findRareForms(text, report);
    if (survey.longestRun >= IMPORT_KEY_CHARACTERS_MIN) findImportKeys(text, report);
    if (survey.hasWordRow) findMnemonics(text, report);
  }
  findPersonal(text, { wanted, survey, hints }, report);
  return found;
}

/** What the original showed already is known better there. */
function addFromView(found: Finding[], view: View | undefined, wanted: ReadonlySet<RedactionCategory>): void {
  if (view === undefined) return;
  const known = [...found];
  for (const finding of findIn(view.text, wanted, surveyText(view.text))) {
    // what only a name before it makes a secret must not be joined over lines
    if (wanted === KEYS_ONLY && isVague(finding)) continue;
    const start = view.places[finding.start] ?? 0;
    const end = view.places[finding.end] ?? 0;
    if (!known.some((one) => one.start < end && start < one.end)) found.push({ ...finding, start, end });
  }
}

function addFromBase64(found: Finding[], text: string): void {
  for (const { start, end, text: decoded } of decodeBase64(text)) {
    const first = findIn(decoded, KEYS_ONLY, surveyText(decoded)).find((finding) => !isVague(finding));
    const isKnown = found.some((one) => one.start < end && start < one.end);
    if (first !== undefined && !isKnown) found.push({ ...first, start, end });
  }
}
