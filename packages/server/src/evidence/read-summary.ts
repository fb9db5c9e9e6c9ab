import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Completeness } from "@firebreak/protocol";
import { completenessOf } from "./completeness.ts";
import { FILES, evidenceManifest, manifestSignature } from "./manifest.ts";

/** A sealed archive in short. */
export interface EvidenceSummary {
  readonly id: string;
  readonly directory: string;
  readonly manifestSha256: string;
  readonly items: number;
  readonly degradedItems: number;
  readonly bytes: number;
  readonly completeness: Completeness;
}

/** @throws when it is not sealed, or its manifest is none of ours */
export function readSummary(id: string, directory: string): EvidenceSummary {
  const manifest = evidenceManifest.parse(JSON.parse(readFileSync(path.join(directory, FILES.manifest), "utf8")));
  const items = manifest.evidence_items;
  const completeness = completenessOf(items);
  return {
    id,
    directory,
    manifestSha256: readManifestHash(directory),
    items: items.length,
    degradedItems: completeness.degraded + completeness.failed,
    bytes: items.reduce((sum, item) => sum + item.file_size_bytes, 0),
    completeness,
  };
}

function readManifestHash(directory: string): string {
  const file = path.join(directory, FILES.signature);
  if (!existsSync(file)) return "";
  return manifestSignature.parse(JSON.parse(readFileSync(file, "utf8"))).manifest_sha256;
}
