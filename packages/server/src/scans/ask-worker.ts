import type { WorkerLine } from "../kernel/index.ts";
import type { ScanAnswers, ScanMessage } from "./worker/messages.ts";

/** The worker answers each message once, in order. Guarantee: that of this same build answers with these types. */
export async function ask<K extends ScanMessage["kind"]>(
  line: WorkerLine,
  message: ScanMessage & { readonly kind: K },
): Promise<ScanAnswers[K]> {
  return (await line.ask(message)) as ScanAnswers[K];
}
