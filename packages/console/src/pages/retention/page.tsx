import { useQuery } from "@tanstack/react-query";
import type { RetentionView } from "@firebreak/protocol";
import {
  legalHoldsQuery,
  retentionCopiesQuery,
  retentionNoticesQuery,
  retentionPreviewQuery,
  retentionQuery,
} from "../../api/queries.ts";
import { Ago } from "../../components/bits.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { Facts, Inline, Notice, Panel } from "../../ui/layout.tsx";
import { formatBytes } from "../../time.ts";
import { count } from "../../words.ts";
import { DueCopies } from "./due-copies.tsx";
import { LegalHolds } from "./legal-holds.tsx";
import { PersonErasures } from "./person-erasures.tsx";
import { NextDeletions } from "./next-deletions.tsx";
import { Policy } from "./policy.tsx";

function Problems({ view: { lastRun, storage } }: { readonly view: RetentionView }) {
  const isFull = storage.usedPercent !== null && storage.usedPercent >= storage.warnPercent;
  return (
    <>
      {(lastRun?.problems.length ?? 0) > 0 && (
        <Notice tone="danger" title="The last pass could not do all">
          <ul className="problem-errors">
            {lastRun?.problems.map((problem) => (
              <li key={problem} className="wrap-anywhere">
                <Inline text={problem} />
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {isFull && (
        <Notice tone="warn" title={`The disk of Firebreak’s home is ${storage.usedPercent} % full`}>
          <p>
            Shorten the policy in the profile, or move <code>archive/cold</code> of the home to other storage.
          </p>
        </Notice>
      )}
    </>
  );
}

function Now({ view: { archive, lastRun, storage } }: { readonly view: RetentionView }) {
  const used = storage.usedPercent === null ? "unknown" : `${storage.usedPercent} % of the disk`;
  return (
    <Panel title="Archive" icon="archive">
      <div className="panel-body">
        <Facts
          facts={[
            { label: "Rows", value: archive.rows.toLocaleString("en") },
            { label: "Files", value: `${archive.segments} (${formatBytes(archive.bytes)})` },
            { label: "Storage", value: used },
            {
              label: "Last pass",
              value:
                lastRun === null ? (
                  "none yet"
                ) : (
                  <>
                    <Ago at={lastRun.at} />: archived {count(lastRun.archived, "row")}, deleted {lastRun.deleted}
                  </>
                ),
            },
          ]}
        />
      </div>
    </Panel>
  );
}

export default function RetentionPage() {
  const view = useQuery(retentionQuery);
  const preview = useQuery(retentionPreviewQuery);
  const notices = useQuery(retentionNoticesQuery);
  const holds = useQuery(legalHoldsQuery);
  const copies = useQuery(retentionCopiesQuery);
  return (
    <Page title="Retention" lead="How long what is kept is kept, what goes next, and what is held for a case.">
      <div className="stack">
        <Loaded query={view} rows={1}>
          {(data) => <Problems view={data} />}
        </Loaded>
        <Loaded query={holds}>{({ items }) => <LegalHolds holds={items} />}</Loaded>
        <PersonErasures />
        <Loaded query={copies} rows={1}>
          {({ items }) => <DueCopies copies={items} />}
        </Loaded>
        <Loaded query={notices}>
          {({ items }) => (
            <Loaded query={preview}>{({ plans }) => <NextDeletions notices={items} plans={plans} />}</Loaded>
          )}
        </Loaded>
        <Loaded query={view}>
          {(data) => (
            <>
              <Now view={data} />
              <Policy schedules={data.schedules} />
            </>
          )}
        </Loaded>
      </div>
    </Page>
  );
}
