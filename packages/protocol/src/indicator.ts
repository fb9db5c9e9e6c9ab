import { z } from "zod";
import { severity } from "./severity.ts";

/** What an indicator of compromise is: an address, a network, a name, a fingerprint, a pattern. */
export const INDICATOR_TYPES = [
  "ip",
  "cidr",
  "domain",
  "url",
  "hash",
  "email",
  "file_name",
  "file_path",
  "wallet",
  "pattern",
] as const;
export const indicatorType = z.enum(INDICATOR_TYPES);
export type IndicatorType = z.infer<typeof indicatorType>;

/** `match`: who meets it is reported. `allow`: never reported, whatever lists say: own addresses. */
export const indicatorEffect = z.enum(["match", "allow"]);
export type IndicatorEffect = z.infer<typeof indicatorEffect>;

/** With whom it may be shared: the Traffic Light Protocol 2.0, from everybody to nobody. */
export const TLP_LEVELS = ["clear", "green", "amber", "amber+strict", "red"] as const;
export const tlpLevel = z.enum(TLP_LEVELS);
export type TlpLevel = z.infer<typeof tlpLevel>;

/** How sure the source is, in percent, as in STIX 2.1. */
const confidence = z.number().int().min(0).max(100);

/** One indicator met in an event, and where. */
export const indicatorHit = z.object({
  id: z.string(),
  type: indicatorType,
  value: z.string(),
  source: z.string(),
  severity,
  path: z.string(),
});
export type IndicatorHit = z.infer<typeof indicatorHit>;

const sourceName = z.string().trim().min(1).max(128);

/** What all indicators of one request share, where they do not say otherwise. */
export const indicatorDefaults = z.strictObject({
  /** the list or person they come from */
  source: sourceName,
  effect: indicatorEffect.default("match"),
  severity: severity.default(2),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
  description: z.string().max(1000).optional(),
  confidence: confidence.optional(),
  tlp: tlpLevel.optional(),
});
export type IndicatorDefaults = z.infer<typeof indicatorDefaults>;

export const newIndicatorsRequest = indicatorDefaults.extend({
  /** as people write them: the type is told from the form, `hxxp` and `[.]` are undone */
  values: z.array(z.string().min(1).max(2048)).min(1).max(1000),
  type: indicatorType.optional(),
});
export type NewIndicatorsRequest = z.infer<typeof newIndicatorsRequest>;

export const INDICATOR_TEXT_CHARACTERS_MAX = 8 * 1024 * 1024;
export const INDICATOR_FORMATS = ["text", "csv", "stix", "misp"] as const;

export const importIndicatorsRequest = indicatorDefaults.extend({
  format: z.enum(INDICATOR_FORMATS),
  content: z.string().max(INDICATOR_TEXT_CHARACTERS_MAX),
});
export type ImportIndicatorsRequest = z.infer<typeof importIndicatorsRequest>;

/** `added` are new, `renewed` were known; each value that was refused is named with its place (100 at most). */
export const indicatorReceipt = z.object({
  added: z.number().int(),
  renewed: z.number().int(),
  rejected: z.array(z.object({ place: z.string(), message: z.string() })),
  rejectedTotal: z.number().int(),
});
export type IndicatorReceipt = z.infer<typeof indicatorReceipt>;

const time = z.string();

export const indicatorView = z.object({
  id: z.string(),
  effect: indicatorEffect,
  type: indicatorType,
  value: z.string(),
  source: z.string(),
  severity,
  description: z.string().nullable(),
  confidence: confidence.nullable(),
  tlp: tlpLevel.nullable(),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
  expiresAt: time.nullable(),
});
export type IndicatorView = z.infer<typeof indicatorView>;

/** What taking an indicator off the list would touch. */
export const indicatorRemovalPreview = z.object({
  indicator: indicatorView,
  /** alerts that it made; they stay */
  alerts: z.number().int(),
  openAlerts: z.number().int(),
  /** of the last event of them */
  lastMetAt: time.nullable(),
  /** of an exception: listed indicators that it keeps silent, the first ten, which may be reported again */
  reportedAgain: z.array(indicatorView),
  reportedAgainTotal: z.number().int(),
});
export type IndicatorRemovalPreview = z.infer<typeof indicatorRemovalPreview>;

export const INDICATOR_EXPORT_FORMATS = ["stix", "csv", "text"] as const;
export const indicatorExportFormat = z.enum(INDICATOR_EXPORT_FORMATS);
export type IndicatorExportFormat = z.infer<typeof indicatorExportFormat>;

/** A report, a mail, a page, as text: what in it could be an indicator. */
export const extractIndicatorsRequest = z.strictObject({
  content: z.string().max(INDICATOR_TEXT_CHARACTERS_MAX),
});
export type ExtractIndicatorsRequest = z.infer<typeof extractIndicatorsRequest>;

/** One thing in a text that could be an indicator. */
export const extractedIndicator = z.object({
  type: indicatorType,
  value: z.string(),
  count: z.number().int(),
  /** where it stands first */
  line: z.number().int(),
  /** written so that nobody clicks on it: whoever wrote the text takes it for dangerous */
  defanged: z.boolean(),
});
export type ExtractedIndicator = z.infer<typeof extractedIndicator>;

/** In the order of the text; `truncated` when it holds more than are told. */
export const extractedIndicators = z.object({ items: z.array(extractedIndicator), truncated: z.boolean() });
export type ExtractedIndicators = z.infer<typeof extractedIndicators>;
