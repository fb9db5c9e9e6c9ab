import type { Readable } from "node:stream";
import { OperatorError } from "../../kernel/index.ts";
import { printable } from "../printable.ts";
import { readLines } from "./read-lines.ts";
import { RecordSplitter } from "./split-records.ts";
import type { FileRecord } from "./split-records.ts";

/** The JSON objects of a file (`-`: standard input), in groups as they are read. */
export async function readFileRecords(
  file: string,
  standardInput: Readable,
  take: (records: readonly FileRecord[]) => void,
): Promise<void> {
  const splitter = new RecordSplitter();
  for await (const lines of readLines(file, standardInput)) take(lines.flatMap((line) => splitter.push(line)));
  take(splitter.end());
}

/**
 * All objects of a file at once.
 *
 * @throws OperatorError when one is broken, when there is none, or when there are more than `max`
 */
export async function readAllRecords(
  file: string,
  standardInput: Readable,
  max: number,
): Promise<Readonly<Record<string, unknown>>[]> {
  const found: Readonly<Record<string, unknown>>[] = [];
  await readFileRecords(file, standardInput, (records) => {
    for (const record of records) {
      if ("fault" in record) {
        throw new OperatorError(`${printable(file)}:${record.line} ${printable(record.fault)}`, "Give JSON objects.");
      }
      if (found.length === max) {
        throw new OperatorError(`${printable(file)} holds more than ${max} events.`, "Give fewer.");
      }
      found.push(record.value);
    }
  });
  if (found.length > 0) return found;
  throw new OperatorError(`${printable(file)} holds no event.`, "Give JSON objects, one a line or one after another.");
}
