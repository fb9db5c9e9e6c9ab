import type { EvidenceView } from "@firebreak/protocol";
import { Link } from "wouter";
import { verifyEvidence } from "../../api/commands.ts";
import { ActorName, At, ProblemNotice } from "../../components/bits.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { formatBytes } from "../../time.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { archivePath } from "../../navigation.ts";
import { Empty } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { Verification } from "../evidence/verification.tsx";

function Archive({ archive }: { readonly archive: EvidenceView }) {
  const act = useAct(() => verifyEvidence(archive.id), { stale: [] });
  return (
    <li className="row card-row">
      <div className="card-line">
        <div className="agent-main">
          <p className="hold-title">
            <Link href={archivePath(archive.id)} className="wrap-anywhere">
              {archive.reason}
            </Link>
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
