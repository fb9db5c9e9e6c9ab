import type { StoreSettings } from "../../kernel/index.ts";
import { runSystemProgram } from "../system-program.ts";
import type { SystemRun } from "../system-program.ts";
import type { CredentialStore } from "./credential-store.ts";
import { StoreFault } from "./store-fault.ts";

type Settings = Extract<StoreSettings, { kind: "keychain" }>;
type Run = (command: readonly string[], options: { input?: string; timeoutMs: number }) => Promise<SystemRun>;

/** `security` ends with this when there is no such item (errSecItemNotFound). */
const NOT_FOUND = 44;

/**
 * A generic password in the keychain of macOS. The value goes in as hexadecimal on the standard input of `security -i`, so
 * that no list of processes shows it.
 */
export function keychainStore(
  { service, account }: Settings,
  timeoutMs: number,
  run: Run = runSystemProgram,
): CredentialStore {
  return {
    label: `keychain item ${service} of ${account}`,
    read: async () => {
      const found = await run(["security", "find-generic-password", "-s", service, "-a", account, "-w"], { timeoutMs });
      if (found.code === NOT_FOUND) return null;
      if (found.code !== 0) throw faultOf(found);
      return found.stdout.replace(/\r?\n$/, "");
    },
    write: async (value) => {
      const hex = Buffer.from(value).toString("hex");
      const input = `add-generic-password -U -s ${quote(service)} -a ${quote(account)} -X ${hex}\n`;
      const done = await run(["security", "-i"], { input, timeoutMs });
      // the interactive form ends with 0 also when a command in it failed, and says so on standard error
      if (done.code !== 0 || done.stderr.trim() !== "") throw faultOf(done);
    },
  };
}

function quote(text: string): string {
  if (/["\\\r\n]/.test(text))
    throw new StoreFault("names of keychain items may not hold quotes, backslashes or line ends");
  return `"${text}"`;
}

function faultOf({ code, problem }: SystemRun): StoreFault {
  return new StoreFault(`security ${problem ?? `ended with ${String(code)}`}; is the keychain unlocked?`);
}
