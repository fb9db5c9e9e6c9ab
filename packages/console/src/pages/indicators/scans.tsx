import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import type { ScanView } from "@firebreak/protocol";
import { requestScan, type ScanPlace, scansQuery } from "../../api/indicator-queries.ts";
import { Ago, ProblemNotice, StateBadge } from "../../components/bits.tsx";
import { Loaded } from "../../components/page.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { scanPath } from "../../navigation.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField } from "../../ui/fields.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { describeTarget, SCAN_WORDS } from "./words.ts";

const DAY_MS = 86_400_000;
const PLACES = [
  { value: "1", label: "Events of the last day" },
  { value: "7", label: "Events of the last week" },
  { value: "30", label: "Events of the last 30 days" },
  { value: "all", label: "All stored events" },
  { value: "evidence", label: "All archives of evidence" },
];

function targetOf(place: string): ScanPlace {
  if (place === "evidence") return { kind: "evidence" };
  if (place === "all") return { kind: "events" };
  return { kind: "events", since: new Date(Date.now() - Number(place) * DAY_MS).toISOString() };
}

function ScanRow({ scan }: { readonly scan: ScanView }) {
  return (
    <li className="row">
      <Link href={scanPath(scan.id)} className="row-link" data-row="">
        <span>
          <StateBadge word={SCAN_WORDS[scan.state]} />
        </span>
        <span className="row-main">
          <span className="row-title wrap-anywhere">{describeTarget(scan.target)}</span>
          <span className="row-sub">
            <span>{scan.automatic ? "by itself, for new indicators" : `by ${scan.requestedBy.name}`}</span>
            {scan.state === "running" && <span>{Math.floor(scan.share * 100)} %</span>}
          </span>
        </span>
        <span className="row-state">
          <span>
            <strong className="number">{scan.hits.toLocaleString("en")}</strong> {scan.hits === 1 ? "hit" : "hits"}
          </span>
          <span className="muted">
            <Ago at={scan.requestedAt} />
          </span>
        </span>
      </Link>
    </li>
  );
}

/** Looking for the list in what is stored, and what came of it. */
export function Scans() {
  const [, navigate] = useLocation();
  const [place, setPlace] = useState("30");
  const query = useQuery(scansQuery);
  const refusal = useRefusal("responder");
  const act = useAct(requestScan, { stale: ["indicator-scans"], onDone: ({ id }) => navigate(scanPath(id)) });
  const waiting = query.data?.items.filter(({ state }) => state === "pending" || state === "running").length ?? 0;
  return (
    <Panel
      title="In the past"
      icon="clock"
      aside={waiting > 0 ? <span className="muted">{count(waiting, "scan")} under way</span> : undefined}
    >
      <form
        className="form try-form"
        onSubmit={(event) => {
          event.preventDefault();
          act.mutate(targetOf(place));
        }}
      >
        <SelectField label="Look for all of them in" value={place} options={PLACES} onChange={setPlace} />
        <ProblemNotice error={act.error} />
        <div className="form-actions">
          <Button type="submit" icon="search" busy={act.isPending} disabledReason={refusal}>
            Scan
          </Button>
        </div>
      </form>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing was scanned yet" command="firebreak indicators scan --path /var/log">
              New indicators are looked for by themselves. Folders are scanned from the command line:
            </Empty>
          ) : (
            <ul className="rows">
              {items.map((scan) => (
                <ScanRow key={scan.id} scan={scan} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}
