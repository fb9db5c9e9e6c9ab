import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OperatorError, codeOf, ensurePrivateDir, messageOf, writeFileAtomic } from "../kernel/index.ts";
import { SECRET_PATTERN, newSecret } from "./secrets.ts";

const LOCAL_TOKEN = new RegExp(`^fbk_local_${SECRET_PATTERN}$`);

/** @returns where the token of this machine's command line lies, mode 0600 */
export function localTokenFile(home: string): string {
  return join(home, "secrets", "cli-token");
}

/**
 * Makes the token with which the command line on this machine is an administrator, or keeps the one there is: who can
 * read the home owns it anyway, and can never be locked out.
 *
 * @returns the token
 * @throws OperatorError when the file cannot be written
 */
export function ensureLocalToken(home: string): string {
  try {
    const existing = readLocalToken(home);
    const token = existing ?? `fbk_local_${newSecret()}`;
    ensurePrivateDir(join(home, "secrets"));
    // written even if known: puts the mode right
    writeFileAtomic(localTokenFile(home), `${token}\n`, { durable: true });
    return token;
  } catch (fault) {
    throw new OperatorError(
      `The token of the command line cannot be kept in ${localTokenFile(home)}: ${messageOf(fault)}`,
      "Make the directory writable for the user that runs Firebreak, or set FIREBREAK_HOME to another one.",
      { cause: fault },
    );
  }
}

/** @returns the token, or null when there is none (the server was never started here) */
export function readLocalToken(home: string): string | null {
  try {
    const text = readFileSync(localTokenFile(home), "utf8").trim();
    return LOCAL_TOKEN.test(text) ? text : null;
  } catch (fault) {
    if (codeOf(fault) === "ENOENT" || codeOf(fault) === "ENOTDIR") return null;
    throw fault;
  }
}
