import { DEFAULT_REDACTION } from "../kernel/index.ts";
import type { RedactionPolicy } from "../kernel/index.ts";
import { createRedactor } from "../redaction/index.ts";
import type { Signal } from "./signal.ts";

/** Takes secrets and personal data out of what a sender says about an alert. */
export type RedactSignal = (signal: Signal) => Signal;

/**
 * Labels keep personal data: routes and silences match them, and an owner's address is a name there. Secrets leave them too.
 * The key stays as it came, or the sender's next word would not find its alert.
 */
export function createSignalRedaction(policy: RedactionPolicy): RedactSignal {
  const texts = createRedactor(policy);
  const labels = createRedactor({ ...policy, pii: "off" });
  return (signal) => {
    const { title, text, annotations, links, detail, notes } = signal;
    const said = texts.redactEvent({ data: { title, text, annotations, links, detail, notes } });
    const named = labels.redactEvent({ data: { labels: signal.labels } });
    // what is taken out is replaced by text, so every member keeps its type
    return { ...signal, ...said.data, ...named.data };
  };
}

export const redactSignalByDefault: RedactSignal = createSignalRedaction(DEFAULT_REDACTION);
