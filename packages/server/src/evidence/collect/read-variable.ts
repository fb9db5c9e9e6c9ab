import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Scene } from "./collector.ts";

/** @returns the absolute paths that a variable of the agent's processes names */
export async function readVariable({ subject }: Scene, name: string): Promise<string[]> {
  const values = new Set<string>();
  for (const { pid } of subject.sessions.flatMap((session) => session.processes)) {
    const text = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    const value = text
      .split("\0")
      .find((pair) => pair.startsWith(`${name}=`))
      ?.slice(name.length + 1);
    if (value !== undefined && path.isAbsolute(value)) values.add(path.resolve(value));
  }
  return [...values];
}
