import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ensurePrivateDir } from "../../kernel/index.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";

/** @returns the secret of that name of the sandbox's own Firebreak; made of chance the first time it is asked for */
export function secretOf(sandbox: Sandbox, name: string): string {
  const folder = path.join(sandbox.home, "secrets");
  ensurePrivateDir(folder);
  const file = path.join(folder, name);
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}
