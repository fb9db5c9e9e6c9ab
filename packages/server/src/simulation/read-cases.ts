import { parse } from "yaml";
import { messageOf } from "../kernel/index.ts";
import { simulationFile } from "./format.ts";
import type { SimulationCase } from "./format.ts";

/** A file of cases that is larger is refused. */
const BYTES_MAX = 1024 * 1024;

export type CaseReading =
  | { readonly ok: true; readonly cases: readonly SimulationCase[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the text of a `NAME.test.yaml`. */
export function readCases(text: string): CaseReading {
  if (Buffer.byteLength(text) > BYTES_MAX) return { ok: false, problems: [`it is larger than ${BYTES_MAX} bytes`] };
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 20 });
  } catch (error) {
    return { ok: false, problems: [messageOf(error)] };
  }
  const parsed = simulationFile.safeParse(value);
  if (parsed.success) return { ok: true, cases: parsed.data.cases };
  return {
    ok: false,
    problems: parsed.error.issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`),
  };
}
