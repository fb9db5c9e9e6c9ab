import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { createGunzip } from "node:zlib";
import { messageOf, OperatorError } from "../../kernel/index.ts";
import { printable } from "../printable.ts";

/** Characters of one line that are kept; the rest is dropped, so that a file without line feeds cannot fill the memory. */
const LINE_CHARS_MAX = 32 * 1024 * 1024;

/**
 * The lines of a file, in groups as they are read; `-` is standard input, and a name that ends with `.gz` is unpacked.
 *
 * @throws OperatorError when it cannot be read
 */
export async function* readLines(file: string, standardInput: Readable): AsyncGenerator<readonly string[]> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  try {
    for await (const chunk of openFile(file, standardInput)) {
      const lines = (rest + decoder.write(chunk)).split("\n");
      rest = (lines.pop() ?? "").slice(0, LINE_CHARS_MAX);
      yield lines;
    }
  } catch (fault) {
    const what = file === "-" ? "Standard input" : printable(file);
    throw new OperatorError(`${what} cannot be read: ${messageOf(fault)}.`, "Name a file that you can read, or -.", {
      cause: fault,
    });
  }
  rest += decoder.end();
  if (rest !== "") yield [rest];
}

function openFile(file: string, standardInput: Readable): AsyncIterable<Buffer> {
  if (file === "-") return standardInput;
  const bytes = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (!file.endsWith(".gz")) return bytes;
  const unpacked = createGunzip();
  bytes.on("error", (fault) => unpacked.destroy(fault));
  return bytes.pipe(unpacked);
}
