import { rmSync } from "node:fs";
import path from "node:path";
import { writeFileAtomic } from "../kernel/index.ts";
import { readServerFile } from "./client.ts";
import type { ServerAddress } from "./client.ts";

/** Lets the CLI find the server of this home. */
export function writeServerFile(home: string, address: ServerAddress): void {
  writeFileAtomic(path.join(home, "server.json"), `${JSON.stringify(address)}\n`);
}

/** Removes the file if it is still this process's. */
export function removeServerFile(home: string): void {
  if (readServerFile(home)?.pid === process.pid) rmSync(path.join(home, "server.json"), { force: true });
}
