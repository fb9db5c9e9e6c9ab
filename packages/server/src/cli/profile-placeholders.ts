import path from "node:path";
import { loadProfile } from "../kernel/index.ts";
import type { Config } from "../kernel/index.ts";
import { dataDir } from "./installation.ts";

/** What `%name%` stands for in rules, as a server of this home would read it; empty when its profile cannot be read. */
export async function profilePlaceholders({
  home,
  profileName,
}: Pick<Config, "home" | "profileName">): Promise<Readonly<Record<string, readonly string[]>>> {
  const { profile } = await loadProfile({ home, profilesDir: path.join(dataDir(), "profiles"), name: profileName });
  return profile?.placeholders ?? {};
}
