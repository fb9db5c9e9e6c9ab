import { useQuery } from "@tanstack/react-query";
import type { EvidenceView } from "@firebreak/protocol";
import { Link, useSearchParams } from "wouter";
import { evidenceListQuery } from "../../api/queries.ts";
import { ActorName, Ago, StateBadge } from "../../components/bits.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { archivePath, incidentPath } from "../../navigation.ts";
import { formatBytes } from "../../time.ts";
import { Empty, Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { copyWord, sealText, verifiedWord } from "./words.ts";

function Row({ archive }: { readonly archive: EvidenceView }) {
  const copy = copyWord(archive);
  const seal = sealText(archive);
  return (
    <li className="row card-row" data-archive={archive.id}>
      <div className="card-line">
        <div className="agent-main">
          <p className="hold-title">
            <Link href={archivePath(archive.id)} className="wrap-anywhere">
              {archive.reason}
            </Link>
            <StateBadge word={verifiedWord(archive)} />
            {copy !== null && <StateBadge word={copy} />}
          </p>
          <p className="row-sub">
            <span>
              {archive.items - archive.degradedItems} whole, {archive.degradedItems - archive.failedItems} in part,{" "}
              {archive.failedItems} not had
            </span>
            <span>{formatBytes(archive.bytes)}</span>
            <span title={seal.meaning}>{seal.label}</span>
            <Ago at={archive.collectedAt} />
            <span>
              by <ActorName actor={archive.collectedBy} />
            </span>
            {archive.agentId !== null && <span>agent {archive.agentId}</span>}
            {archive.incidentId !== null && <Link href={incidentPath(archive.incidentId)}>{archive.incidentId}</Link>}
          </p>
        </div>
      </div>
    </li>
  );
}

/** Every archive, newest first; of one incident, agent or session when the address says so. */
export function EvidencePage() {
  const [params] = useSearchParams();
  const filter = {
    incident: params.get("incident") ?? undefined,
    agent: params.get("agent") ?? undefined,
    session: params.get("session") ?? undefined,
  };
  const query = useQuery(evidenceListQuery(filter));
  const narrowed = Object.entries(filter).filter(([, value]) => value !== undefined);
  return (
    <Page
      title="Evidence"
      lead="Sealed archives: what was collected, how complete it is, and whether it is still as it was sealed."
    >
      {narrowed.length > 0 && (
        <p className="row-sub">
          <span>Of {narrowed.map(([name, value]) => `${name} ${value}`).join(", ")}.</span>
          <Link href="/evidence">Show all</Link>
        </p>
      )}
      <Loaded query={query}>
        {(page) => (
          <Panel
            title="Archives"
            icon="archive"
            aside={<span className="muted">{count(page.items.length, "archive")}</span>}
          >
            {page.items.length === 0 ? (
              <Empty title="No evidence yet" command="firebreak evidence collect --agent NAME --reason TEXT">
                A playbook collects it before it contains anything; a person can at any time.
              </Empty>
            ) : (
              <ul className="rows">
                {page.items.map((archive) => (
                  <Row key={archive.id} archive={archive} />
                ))}
              </ul>
            )}
          </Panel>
        )}
      </Loaded>
    </Page>
  );
}
