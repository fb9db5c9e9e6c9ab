import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../kernel/index.ts";

/** What `firebreak up` leaves in `<home>/server.json` while it runs. */
const serverAddress = z.object({
  pid: z.number().int(),
  url: z.url({ protocol: /^https?$/ }).max(2048),
  startedAt: z.string(),
});
export type ServerAddress = z.infer<typeof serverAddress>;

function fileOf(home: string): string {
  return path.join(home, "server.json");
}

/** Lets the CLI find the server of this home. */
export function writeServerFile(home: string, address: ServerAddress): void {
  writeFileAtomic(fileOf(home), `${JSON.stringify(address)}\n`);
}

/** @returns where the server of this home said to be, or null when it said nothing that can be read */
export function readServerFile(home: string): ServerAddress | null {
  const file = fileOf(home);
  if (!existsSync(file)) return null;
  try {
    return serverAddress.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

/** Removes the file if it is still the given process's. */
export function removeServerFile(home: string, pid: number): void {
  if (readServerFile(home)?.pid === pid) rmSync(fileOf(home), { force: true });
}
