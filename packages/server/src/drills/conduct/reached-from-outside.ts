import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { inNetworkOf } from "../sandbox/outside.ts";
import { looking } from "./looking.ts";

const TIMEOUT_MS = 3000;
/** Plain Node: `-e PROGRAM URL`; says the status, or that there was none. A connection that is not answered does not hold it up. */
const ASK = `const status = await fetch(process.argv[1], { signal: AbortSignal.timeout(${TIMEOUT_MS}) }).then(
  (response) => response.status,
  () => "no answer",
);
console.log(status);
process.exit();`;

/** Asked from the network of another host, by a process of it. */
export const reachedFromOutside = looking(
  z.strictObject({ outside: z.number().int().min(2), url: z.url(), reached: z.boolean() }),
  async (_end, { outside, url, reached }) => {
    const [program, ...args] = inNetworkOf(outside, [process.execPath, "--input-type=module", "-e", ASK, url]);
    const { stdout } = await promisify(execFile)(program, args, { timeout: TIMEOUT_MS * 3 });
    const found = stdout.trim();
    return { held: found !== "" && (found !== "no answer") === reached, found };
  },
);
