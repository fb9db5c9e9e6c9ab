import type { EvidenceVerification, EvidenceView } from "@firebreak/protocol";
import { verifyEvidence } from "../../api/commands.ts";
import { ActorName, At, ProblemNotice } from "../../components/bits.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { formatBytes } from "../../time.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Empty, Notice } from "../../ui/layout.tsx";
import { count } from "../../words.ts";

function Verification({ result }: { readonly result: EvidenceVerification }) {
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

function Archive({ archive }: { readonly archive: EvidenceView }) {
  const act = useAct(() => verifyEvidence(archive.id), { stale: [] });
  return (
    <li className="row card-row">
      <div className="card-line">
        <div className="agent-main">
          <p className="hold-title">
            <strong className="wrap-anywhere">{archive.reason}</strong>
            {archive.degradedItems > 0 && (
              <Badge tone="warn" title="Some items could not be captured in full; the manifest says which and why.">
                {count(archive.degradedItems, "degraded item")}
              </Badge>
            )}
          </p>
          <p className="row-sub">
            <span>{count(archive.items, "item")}</span>
            <span>{formatBytes(archive.bytes)}</span>
            <At at={archive.collectedAt} />
            <span>
              by <ActorName actor={archive.collectedBy} />
            </span>
            {archive.agentId && <span>agent {archive.agentId}</span>}
          </p>
          <p className="row-sub">
            <code className="wrap-anywhere">{archive.directory}</code>
          </p>
          <p className="row-sub">
            <span className="wrap-anywhere">
              SHA-256 of the manifest <code>{archive.manifestSha256}</code>
            </span>
          </p>
        </div>
        <Button icon="shield" data-row="" busy={act.isPending} onClick={() => act.mutate()}>
          Verify
        </Button>
      </div>
      <div aria-live="polite">
        {act.data && <Verification result={act.data} />}
        <ProblemNotice error={act.error} />
      </div>
    </li>
  );
}

export function EvidenceTab({ evidence }: { readonly evidence: readonly EvidenceView[] }) {
  if (evidence.length === 0) {
    return (
      <Empty title="No evidence yet" command="firebreak evidence list">
        A containment playbook collects it before anything is killed.
      </Empty>
    );
  }
  return (
    <ul className="rows panel">
      {evidence.map((archive) => (
        <Archive key={archive.id} archive={archive} />
      ))}
    </ul>
  );
}
