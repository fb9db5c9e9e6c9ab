import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { EvidenceItemView, EvidenceManifestView } from "@firebreak/protocol";
import { evidenceItemsQuery, evidencePreviewQuery } from "../../api/queries.ts";
import { StateBadge } from "../../components/bits.tsx";
import { Loaded } from "../../components/page.tsx";
import { useRefusal } from "../../hooks/use-me.ts";
import { formatBytes } from "../../time.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Panel } from "../../ui/layout.tsx";
import { ITEM_WORDS } from "./words.ts";

interface PreviewProps {
  readonly archive: string;
  readonly item: EvidenceItemView;
  readonly onClose: () => void;
}

const KINDS = { text: "Text", json: "JSON, laid out", hex: "No text: bytes as hexadecimal digits" } as const;

/** A part of an item as text. It is never more than text: nothing of it is marked up, linked, loaded or run. */
function Preview({ archive, item, onClose }: PreviewProps) {
  const [offset, setOffset] = useState(0);
  const query = useQuery(evidencePreviewQuery(archive, item.index, offset));
  return (
    <Dialog open onClose={onClose} title={item.name} description={`${item.description} Custody records that you look.`}>
      <Loaded query={query}>
        {(preview) => (
          <>
            <p className="row-sub">
              <span>{KINDS[preview.kind]}</span>
              <span>
                bytes {preview.offset} to {preview.offset + preview.bytes} of {preview.bytesTotal}
              </span>
            </p>
            <pre className="command evidence-preview" tabIndex={0} aria-label={`Content of ${item.name}`}>
              {preview.text}
            </pre>
            <div className="form-actions">
              <Button
                icon="back"
                disabledReason={offset === 0 ? "This is the beginning." : null}
                onClick={() => setOffset(0)}
              >
                Beginning
              </Button>
              <Button
                icon="arrow"
                disabledReason={preview.next === null ? "This is the end." : null}
                onClick={() => setOffset(preview.next ?? 0)}
              >
                Next part
              </Button>
              <Button kind="primary" onClick={onClose}>
                Close
              </Button>
            </div>
          </>
        )}
      </Loaded>
    </Dialog>
  );
}

function ItemRow({
  archive,
  item,
  onLook,
}: {
  readonly archive: string;
  readonly item: EvidenceItemView;
  readonly onLook: () => void;
}) {
  const look = useRefusal("responder");
  const keep = useRefusal("commander");
  const gone = item.sha256 === null ? "There is no content: it could not be had." : null;
  const content = `/api/v1/evidence/${encodeURIComponent(archive)}/items/${item.index}/content`;
  return (
    <li className="row card-row" data-item={item.index}>
      <div className="card-line">
        <div className="agent-main">
          <p className="hold-title">
            <StateBadge word={ITEM_WORDS[item.state]} />
            <strong className="wrap-anywhere">{item.name}</strong>
          </p>
          {item.reason !== null && <p className="hold-reason wrap-anywhere">{item.reason}</p>}
          <p className="row-sub">
            <span className="wrap-anywhere">{item.description}</span>
            <span>{formatBytes(item.bytes)}</span>
          </p>
        </div>
        <div className="form-actions">
          <Button icon="search" disabledReason={look ?? gone} onClick={onLook} aria-label={`Look at ${item.name}`}>
            Look
          </Button>
          {gone === null && keep === null && (
            <a className="button button-quiet" href={content} download aria-label={`Save ${item.name}`}>
              Save
            </a>
          )}
        </div>
      </div>
    </li>
  );
}

function ItemPages({ archive }: { readonly archive: string }) {
  const [from, setFrom] = useState(0);
  const [shown, setShown] = useState<EvidenceItemView | null>(null);
  const query = useQuery(evidenceItemsQuery(archive, from));
  return (
    <Loaded query={query}>
      {(page) => (
        <>
          <ul className="rows">
            {page.items.map((item) => (
              <ItemRow key={item.index} archive={archive} item={item} onLook={() => setShown(item)} />
            ))}
          </ul>
          {(from > 0 || page.next !== null) && (
            <div className="form-actions">
              <Button disabledReason={from === 0 ? "These are the first." : null} onClick={() => setFrom(0)}>
                First items
              </Button>
              <Button
                disabledReason={page.next === null ? "These are the last." : null}
                onClick={() => setFrom(page.next ?? 0)}
              >
                More items
              </Button>
            </div>
          )}
          {shown !== null && <Preview archive={archive} item={shown} onClose={() => setShown(null)} />}
        </>
      )}
    </Loaded>
  );
}

export function Items({ archive, manifest }: { readonly archive: string; readonly manifest: EvidenceManifestView }) {
  const { collected, degraded, failed } = manifest.states;
  return (
    <Panel
      title="Items"
      icon="note"
      aside={
        <span className="muted">
          {collected} whole, {degraded} in part, {failed} not had
        </span>
      }
    >
      <ItemPages archive={archive} />
    </Panel>
  );
}
