import { stat } from "node:fs/promises";
import type { Scene } from "./collector.ts";
import { readPlainText } from "./plain-files.ts";

export interface Account {
  readonly name: string;
  readonly id: number;
  readonly group: number;
  readonly home: string;
  readonly shell: string;
}

const BYTES_MAX = 4 * 1024 * 1024;

/** The accounts of this host, without whatever stands for their passwords. */
export async function readAccounts(): Promise<Account[]> {
  const text = (await readPlainText("/etc/passwd", BYTES_MAX).catch(() => null)) ?? "";
  return text.split("\n").flatMap((line): Account[] => {
    const [name = "", , id = "", group = "", , home = "", shell = ""] = line.split(":");
    if (name === "" || name.startsWith("#") || !/^\d+$/.test(id)) return [];
    return [{ name, id: Number(id), group: Number(group), home, shell }];
  });
}

/** The home directories that what is collected may have used: of Firebreak's user, and of those the agent runs as. */
export async function homesOf({ surroundings, subject }: Scene): Promise<string[]> {
  const homes = new Set([surroundings.userHome]);
  const accounts = await readAccounts();
  for (const { pid } of subject.sessions.flatMap((session) => session.processes)) {
    const owner = await stat(`/proc/${pid}`).catch(() => null);
    const home = accounts.find((account) => account.id === owner?.uid)?.home;
    if (home !== undefined && home !== "" && home !== "/") homes.add(home);
  }
  return [...homes];
}
