import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

/** An absolute path, or one in the home directory of the user that Firebreak runs as. */
export const homePath = z
  .string()
  .max(4096)
  .regex(/^(?:\/|~\/)/, "use an absolute path, or one that begins with ~/")
  .transform((path) => (path.startsWith("~/") ? join(homedir(), path.slice(2)) : path));
