import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { codeOf, FirebreakError } from "../kernel/index.ts";
import { TooLargeError, unzstd } from "./unzstd.ts";

const unpack = promisify(gunzip);

/**
 * A request's body without its Content-Encoding. Unpacking ends at `bytesMax`, so that a few bytes cannot become gigabytes.
 *
 * @throws FirebreakError unsupported_media_type, payload_too_large, or bad_request when it is not what it says
 */
export async function decodeContent(body: Buffer, encoding: string | undefined, bytesMax: number): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? "identity";
  if (name === "identity") return body;
  try {
    if (name === "gzip" || name === "x-gzip") return await unpack(body, { maxOutputLength: bytesMax });
    if (name === "zstd") return await unzstd(body, bytesMax);
  } catch (error) {
    if (error instanceof TooLargeError || codeOf(error) === "ERR_BUFFER_TOO_LARGE") {
      throw new FirebreakError(
        "payload_too_large",
        `The body unpacks to more than ${bytesMax} bytes; send it in parts.`,
      );
    }
    throw new FirebreakError("bad_request", `The body is not valid ${name}, as its Content-Encoding says.`);
  }
  throw new FirebreakError("unsupported_media_type", "Send the body as it is, or with Content-Encoding: gzip or zstd.");
}
