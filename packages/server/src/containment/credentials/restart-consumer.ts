import type { CredentialSettings } from "../../kernel/index.ts";
import { runAndLeave } from "../system-program.ts";

/** What uses a credential could not be restarted. */
export class ConsumerFault extends Error {
  override readonly name = "ConsumerFault";
}

export async function restartConsumer(
  { commandTimeoutSeconds }: Pick<CredentialSettings, "commandTimeoutSeconds">,
  command: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const problem = await runAndLeave(command, { timeoutMs: commandTimeoutSeconds * 1000, signal });
  if (problem !== null) throw new ConsumerFault(`the consumer ${command.join(" ")} ${problem}`);
}
