import { indicatorEffect, indicatorExportFormat, indicatorType, tlpLevel } from "@firebreak/protocol";
import { z } from "zod";
import { idOf, pageQuery } from "./requests.ts";

export const indicatorParams = z.strictObject({ id: idOf("indicator") });

export const scanParams = z.strictObject({ id: idOf("indicatorScan") });

const source = z.string().min(1).max(128).optional();

export const indicatorsQuery = pageQuery.extend({
  effect: indicatorEffect.optional(),
  type: indicatorType.optional(),
  value: z.string().min(1).max(2048).optional(),
  source,
});
export type IndicatorsQuery = z.infer<typeof indicatorsQuery>;

/** @param tlp the strictest that goes along */
export const indicatorExportQuery = z.strictObject({
  format: indicatorExportFormat.default("stix"),
  type: indicatorType.optional(),
  source,
  tlp: tlpLevel.optional(),
});
export type IndicatorExportQuery = z.infer<typeof indicatorExportQuery>;
