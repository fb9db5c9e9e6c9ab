import { open } from "node:fs/promises";
import { codeOf, messageOf } from "../errors.ts";
import type { FileProblem } from "./yaml-file.ts";

export type TextRead = { kind: "text"; text: string } | { kind: "missing" } | { kind: "problem"; problem: FileProblem };

/** bytes of a profile, channel, template or secret file */
export const TEXT_FILE_BYTES_MAX = 512 * 1024;

/** Reads a UTF-8 file of bounded size; what is wrong with it comes back as data. */
export async function readTextFile(file: string): Promise<TextRead> {
  try {
    const bytes = await readBounded(file);
    if (bytes === undefined) {
      return problem(file, `the file is larger than ${TEXT_FILE_BYTES_MAX} bytes`, "Make it smaller.");
    }
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR") return { kind: "missing" };
    if (thrown instanceof TypeError) return problem(file, "the file is not valid UTF-8", "Save it as UTF-8.");
    return problem(
      file,
      `the file cannot be read: ${messageOf(thrown)}`,
      "Check that it is a file and its permissions.",
    );
  }
}

async function readBounded(file: string): Promise<Buffer | undefined> {
  const handle = await open(file, "r");
  try {
    const buffer = Buffer.alloc(TEXT_FILE_BYTES_MAX + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      if (bytesRead === 0) return buffer.subarray(0, length);
      length += bytesRead;
    }
    return undefined;
  } finally {
    await handle.close();
  }
}

function problem(file: string, message: string, remedy: string): TextRead {
  return { kind: "problem", problem: { file, line: 1, column: 1, message, remedy } };
}
