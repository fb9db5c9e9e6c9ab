import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Ship } from "./destination.ts";

/** Appends the checkpoint to a file, which holds one after the other with an empty line between. Links are not followed. */
export function shipToFile(file: string): Ship {
  return async ({ note }) => {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    const handle = await open(file, flags, 0o600);
    try {
      if (!(await handle.stat()).isFile()) throw new Error(`${file} is no plain file`);
      await handle.writeFile(`${note}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  };
}
