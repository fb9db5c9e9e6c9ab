import type { StoreSettings } from "../../kernel/index.ts";
import { runSystemProgram } from "../system-program.ts";
import type { CredentialStore } from "./credential-store.ts";
import { StoreFault } from "./store-fault.ts";

type Settings = Extract<StoreSettings, { kind: "command" }>;

/** A program that takes the value on its standard input. What it prints is not repeated: it may hold the value. */
export function commandStore({ write, read }: Settings, timeoutMs: number): CredentialStore {
  return {
    label: `command ${write.join(" ")}`,
    read: async () => {
      if (read === undefined) return undefined;
      return (await call(read, "", timeoutMs)).replace(/\r?\n$/, "");
    },
    write: async (value) => {
      await call(write, value, timeoutMs);
    },
  };
}

async function call(command: readonly string[], input: string, timeoutMs: number): Promise<string> {
  const { code, stdout, problem } = await runSystemProgram(command, { input, timeoutMs, outputBytesMax: 1024 * 1024 });
  if (code === 0) return stdout;
  const why = problem ?? `ended with ${String(code)}`;
  throw new StoreFault(`${command[0] ?? ""} ${why}; run it by hand to see what it says`);
}
