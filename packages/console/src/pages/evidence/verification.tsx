import type { EvidenceVerification } from "@firebreak/protocol";
import { Notice } from "../../ui/layout.tsx";
import { count } from "../../words.ts";

export function Verification({ result }: { readonly result: EvidenceVerification }) {
  if (result.intact) {
    return (
      <Notice tone="ok" title={`Intact: ${count(result.items, "item")} checked against the signed manifest`}>
        <p className="wrap-anywhere">
          Signed by <code>{result.signedBy}</code>
        </p>
      </Notice>
    );
  }
  return (
    <Notice tone="danger" title={`Not intact: ${count(result.findings.length, "finding")}`}>
      <ul className="plain-list">
        {result.findings.map((finding) => (
          <li key={`${finding.item} ${finding.message}`} className="wrap-anywhere">
            <code>{finding.item}</code> {finding.message}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
