import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { readProcessStartTime, writeFileAtomic } from "../kernel/index.ts";

const serverAddress = z.object({
  pid: z.number().int(),
  url: z.url({ protocol: /^https?$/ }).max(2048),
  startedAt: z.string(),
});
export type ServerAddress = z.infer<typeof serverAddress>;

/**
 * What `firebreak up` leaves in `<home>/server.json` while it runs. With the start time the pid names the server's
 * process for ever: after a crash its port may belong to a stranger, who must not be shown a token.
 */
const serverFile = serverAddress.extend({ startTime: z.string().nullable() });

function fileOf(home: string): string {
  return path.join(home, "server.json");
}

/** Lets the CLI find the server of this home. */
export function writeServerFile(home: string, address: ServerAddress): void {
  const entry: z.infer<typeof serverFile> = { ...address, startTime: readProcessStartTime(address.pid) };
  writeFileAtomic(fileOf(home), `${JSON.stringify(entry)}\n`);
}

/** @returns where the server of this home said to be; null when it said nothing that can be read, or has ended */
export function readServerFile(home: string): ServerAddress | null {
  const file = fileOf(home);
  if (!existsSync(file)) return null;
  try {
    const { startTime, ...address } = serverFile.parse(JSON.parse(readFileSync(file, "utf8")));
    return readProcessStartTime(address.pid) === startTime ? address : null;
  } catch {
    return null;
  }
}

/** Removes the file if it is still the given process's. */
export function removeServerFile(home: string, pid: number): void {
  if (readServerFile(home)?.pid === pid) rmSync(fileOf(home), { force: true });
}
