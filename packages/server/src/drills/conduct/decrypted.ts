import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { looking } from "./looking.ts";

const BYTES_MAX = 64 * 1024 * 1024;

/** Of the files of a folder whose names begin so there are so many, and openssl decrypts the newest to what begins so. */
export const decrypted = looking(
  z.strictObject({
    folder: z.string(),
    name: z.string(),
    files: z.number().int().min(1),
    keyFile: z.string(),
    begins: z.string().min(1),
  }),
  async (_end, { folder, name, files, keyFile, begins }) => {
    const found = readdirSync(folder)
      .filter((one) => one.startsWith(name))
      .map((one) => path.join(folder, one));
    const newest = found.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
    if (newest === undefined || found.length !== files) {
      return { held: false, found: `${found.length} file(s) of ${folder} are called ${name}…` };
    }
    const args = ["enc", "-d", "-aes-256-cbc", "-pbkdf2", "-pass", `file:${keyFile}`, "-in", newest];
    const { status, stdout } = spawnSync("openssl", args, { maxBuffer: BYTES_MAX });
    const isRight = status === 0 && stdout.toString("latin1").startsWith(begins);
    return { held: isRight, found: `${newest}: ${isRight ? "decrypted" : "not decrypted with that key"}` };
  },
);
