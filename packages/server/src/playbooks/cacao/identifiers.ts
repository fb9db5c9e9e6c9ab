import { createHash } from "node:crypto";
import { canonicalJson } from "../../kernel/index.ts";

/** The namespace that CACAO 2.0, section 10.10, names for playbooks. */
const PLAYBOOK_NAMESPACE = "aa7caf3a-d55a-4e9a-b34e-056215fba56a";

/** @returns always the same identifier for a playbook of that name and those types (UUIDv5, as CACAO asks) */
export function playbookIdentifier(name: string, types: readonly string[]): string {
  const namespace = Buffer.from(PLAYBOOK_NAMESPACE.replaceAll("-", ""), "hex");
  const digest = createHash("sha1")
    .update(namespace)
    .update(canonicalJson({ name, playbook_types: types }))
    .digest();
  return `playbook--${formatUuid(digest, 5)}`;
}

/**
 * @returns an identifier in the form of UUIDv4, which CACAO asks of steps, that is the same each time for the same
 *   playbook and step, so that two exports can be compared
 */
export function stepIdentifier(type: string, playbook: string, step: string): string {
  const digest = createHash("sha256")
    .update(canonicalJson([playbook, step, type]))
    .digest();
  return `${type}--${formatUuid(digest, 4)}`;
}

function formatUuid(digest: Buffer, version: 4 | 5): string {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
