import { z } from "zod";
import type { CredentialSettings } from "../../kernel/index.ts";
import { runSystemProgram } from "../system-program.ts";

/** The provider's program did not do it. The message never holds a value. */
export class ProviderFault extends Error {
  override readonly name = "ProviderFault";
}

/** What every store, header and file can hold: printable ASCII on one line. */
export const credentialValue = z.string().regex(/^[\x20-\x7e]{8,65536}$/);
const answer = z.object({ value: credentialValue });

export type ProviderAct = keyof CredentialSettings["provider"];

interface ProviderCall {
  readonly settings: Pick<CredentialSettings, "name" | "provider" | "commandTimeoutSeconds">;
  readonly act: ProviderAct;
  /** the same for every try of one rotation, so that the provider can tell a repeat */
  readonly rotation: string;
  readonly signal: AbortSignal;
  /** the value that it is about */
  readonly value?: string;
}

/**
 * Calls the provider's program with `{act, credential, rotation, value?}` on its standard input.
 *
 * @returns what it answers for `create` and `restore`: `{"value": "…"}`
 */
export async function callProvider(call: ProviderCall & { act: "create" | "restore" }): Promise<string> {
  const parsed = answer.safeParse(parseJson(await run(call)));
  if (parsed.success) return parsed.data.value;
  throw new ProviderFault(
    `the provider's program answered ${call.act} without a usable {"value": "…"}: 8 to 65536 printable ASCII characters`,
  );
}

export async function revokeAtProvider(call: ProviderCall & { act: "revoke" }): Promise<void> {
  await run(call);
}

async function run({ settings, act, rotation, value, signal }: ProviderCall): Promise<string> {
  const command = settings.provider[act];
  if (command === undefined) throw new ProviderFault(`the provider has no program for ${act}`);
  const input = JSON.stringify({ act, credential: settings.name, rotation, ...(value === undefined ? {} : { value }) });
  const timeoutMs = settings.commandTimeoutSeconds * 1000;
  const { code, stdout, problem } = await runSystemProgram(command, {
    input,
    timeoutMs,
    signal,
    outputBytesMax: 256 * 1024,
  });
  if (code === 0) return stdout;
  const why = problem ?? `ended with ${String(code)}`;
  throw new ProviderFault(
    `the provider's program for ${act} (${command[0] ?? ""}) ${why}; run it by hand to see what it says`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
