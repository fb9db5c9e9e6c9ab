import { createHash } from "node:crypto";
import type { IndicatorView } from "@firebreak/protocol";
import { markingOf } from "./tlp.ts";

/** Of ids that are made from content: of our own, as STIX wants it for objects that are no observables. */
const NAMESPACE = "5d8f3a0c-6f0b-4d43-9b1e-0f6a2c1b7e94";

/** @returns the UUID of version 5 (RFC 9562): the same name has the same id everywhere */
export function nameUuid(name: string): string {
  const digest = createHash("sha1")
    .update(Buffer.from(NAMESPACE.replaceAll("-", ""), "hex"))
    .update(name)
    .digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

/** By whom what we export is made, so that our reader knows its own labels. */
export const OWN_IDENTITY = {
  type: "identity",
  spec_version: "2.1",
  id: `identity--${nameUuid("identity firebreak")}`,
  created: "2026-01-01T00:00:00.000Z",
  modified: "2026-01-01T00:00:00.000Z",
  name: "Firebreak",
  identity_class: "system",
};

export const SEVERITY_LABEL = "firebreak:severity=";

/** An indicator of the list as an object of STIX 2.1. */
export function toStixIndicator(view: IndicatorView) {
  const { pattern, language } = writePattern(view);
  return {
    type: "indicator",
    spec_version: "2.1",
    id: `indicator--${nameUuid(`${view.type} ${view.value}`)}`,
    created_by_ref: OWN_IDENTITY.id,
    created: view.createdAt,
    modified: view.updatedAt,
    name: `${view.type} ${view.value}`,
    ...(view.description === null ? {} : { description: view.description }),
    indicator_types: ["malicious-activity"],
    labels: [`${SEVERITY_LABEL}${view.severity}`],
    pattern,
    pattern_type: language,
    valid_from: view.createdAt,
    ...(view.expiresAt === null ? {} : { valid_until: view.expiresAt }),
    ...(view.confidence === null ? {} : { confidence: view.confidence }),
    external_references: [{ source_name: view.source }],
    ...(view.tlp === null ? {} : { object_marking_refs: [markingOf(view.tlp).id] }),
  };
}

function writePattern({ type, value }: IndicatorView): { pattern: string; language: "stix" | "pcre" } {
  const stix = (pattern: string) => ({ pattern: `[${pattern}]`, language: "stix" }) as const;
  switch (type) {
    case "ip":
      return stix(`${familyOf(value)}:value = ${quote(value)}`);
    case "cidr":
      return stix(`${familyOf(value)}:value ISSUBSET ${quote(value)}`);
    case "domain":
      return stix(`domain-name:value = ${quote(value)}`);
    case "url":
      return stix(`url:value = ${quote(value)}`);
    case "email":
      return stix(`email-addr:value = ${quote(value)}`);
    case "hash":
      return stix(`file:hashes.${HASH_NAMES[value.length] ?? "'SHA-256'"} = ${quote(value)}`);
    case "file_name":
      return stix(`file:name = ${quote(value)}`);
    case "file_path":
      return stix(writePath(value));
    case "wallet":
      return stix(`cryptocurrency-wallet:value = ${quote(value)}`);
    case "pattern":
      return { pattern: value, language: "pcre" };
    default:
      return type satisfies never;
  }
}

const HASH_NAMES: Readonly<Record<number, string>> = { 32: "MD5", 40: "'SHA-1'", 64: "'SHA-256'", 128: "'SHA-512'" };

function familyOf(address: string): string {
  return address.includes(":") ? "ipv6-addr" : "ipv4-addr";
}

function writePath(value: string): string {
  const end = Math.max(value.lastIndexOf("/"), value.lastIndexOf("\\"));
  const directory = end === 0 ? value[0] : value.slice(0, end);
  return `file:parent_directory_ref.path = ${quote(directory ?? "")} AND file:name = ${quote(value.slice(end + 1))}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
