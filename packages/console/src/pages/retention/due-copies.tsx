import type { RetentionCopy } from "@firebreak/protocol";
import { Ago, At } from "../../components/bits.tsx";
import { formatBytes } from "../../time.ts";
import { Badge } from "../../ui/badge.tsx";
import { Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";

function CopyRow({ copy }: { readonly copy: RetentionCopy }) {
  return (
    <li className="row act-row" data-row="" data-due-copy={copy.archiveId}>
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">{copy.archiveId}</strong>
          <span className="muted wrap-anywhere">
            {copy.place}, {formatBytes(copy.bytes)}
          </span>
        </p>
        <p className="row-sub">
          <span className="wrap-anywhere">{copy.problem ?? "not tried yet"}</span>
          {copy.askedAt !== null && (
            <span>
              due since <At at={copy.askedAt} withDay />
            </span>
          )}
          <span>
            tried again <Ago at={copy.nextAt} />
          </span>
        </p>
      </div>
      {copy.cases.length > 0 && (
        <Badge tone="hold" icon="shield" title={`held by case ${copy.cases.join(", ")}`}>
          Held
        </Badge>
      )}
    </li>
  );
}

/** What was deleted here and is not gone: a store keeps it, or was not asked yet. */
export function DueCopies({ copies }: { readonly copies: readonly RetentionCopy[] }) {
  if (copies.length === 0) return null;
  return (
    <Panel
      title="Still in object stores"
      icon="archive"
      aside={<span className="muted">{count(copies.length, "copy", "copies")} of deleted evidence</span>}
    >
      <ul className="rows">
        {copies.map((copy) => (
          <CopyRow key={`${copy.archiveId} ${copy.place}`} copy={copy} />
        ))}
      </ul>
    </Panel>
  );
}
