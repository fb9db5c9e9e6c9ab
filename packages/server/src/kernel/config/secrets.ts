import { join } from "node:path";
import type { Environment } from "./config.ts";
import { readTextFile } from "./text-file.ts";

/**
 * Looks a secret up by its name, for example `OPS_WEBHOOK_SECRET`.
 *
 * @returns undefined when it is nowhere, empty or not readable; never logs or throws its value
 */
export type ReadSecret = (name: string) => Promise<string | undefined>;

/** Secrets come from the environment, else from the file of that name in `<home>/secrets`, read anew each time. */
export function createSecretReader(env: Environment, home: string): ReadSecret {
  return async (name) => {
    if (!/^[A-Z][A-Z0-9_]{0,127}$/.test(name)) return undefined;
    const value = env[name] ?? (await fileSecret(join(home, "secrets", name)));
    return value === undefined || value === "" ? undefined : value;
  };
}

async function fileSecret(file: string): Promise<string | undefined> {
  const read = await readTextFile(file);
  return read.kind === "text" ? read.text.replace(/\r?\n$/, "") : undefined;
}
