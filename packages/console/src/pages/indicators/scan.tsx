import { useQuery } from "@tanstack/react-query";
import type { ScanHit, ScanView } from "@firebreak/protocol";
import { alertScan, cancelScan, scanHitsQuery, scanQuery } from "../../api/indicator-queries.ts";
import { At, ProblemNotice, StateBadge } from "../../components/bits.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { showHidden } from "../../harmless.ts";
import { formatBytes } from "../../time.ts";
import { Button } from "../../ui/button.tsx";
import { Empty, Notice, Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { describeTarget, SCAN_WORDS, TYPE_NAMES } from "./words.ts";

const STALE = ["indicator-scan", "indicator-scans", "indicator-scan-hits", "alerts"];

const BACK = { href: "/indicators", label: "Indicators" };

function HitRow({ hit }: { readonly hit: ScanHit }) {
  const { type, value, source, place, path, samples, firstAt, lastAt, alertId, live } = hit;
  return (
    <li className="row card-row" data-row="">
      <p className="hold-title">
        <code className="wrap-anywhere">{showHidden(value)}</code>
        <span className="muted">
          {TYPE_NAMES[type]}, from {source}
        </span>
      </p>
      <p className="row-sub">
        <span className="wrap-anywhere">{showHidden(place)}</span>
        <span>
          {count(hit.count, "time")} ({path}
          {samples.length > 0 && ` ${samples.slice(0, 3).join(", ")}${samples.length > 3 ? ", …" : ""}`})
        </span>
        {firstAt !== null && (
          <span>
            first <At at={firstAt} withDay />
          </span>
        )}
        {lastAt !== null && (
          <span>
            last <At at={lastAt} withDay />
          </span>
        )}
        {alertId === null ? (
          <span>{live === hit.count ? "told when it arrived" : "no alert"}</span>
        ) : (
          <span>alert {alertId}</span>
        )}
      </p>
    </li>
  );
}

function Hits({ scan }: { readonly scan: ScanView }) {
  const query = useQuery(scanHitsQuery(scan.id));
  return (
    <Panel title="What was found" icon="search">
      <Loaded query={query}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title={scan.state === "done" ? "None of them was met" : "Nothing was found so far"} />
          ) : (
            <>
              <ul className="rows">
                {items.map((hit) => (
                  <HitRow key={`${hit.indicatorId} ${hit.place}`} hit={hit} />
                ))}
              </ul>
              {next !== null && <p className="muted">The gravest {items.length} are shown.</p>}
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function Skipped({ scan }: { readonly scan: ScanView }) {
  if (scan.skippedTotal === 0) return null;
  return (
    <Notice tone="warn" title={`${count(scan.skippedTotal, "place")} could not be looked at`}>
      <ul className="plain-list">
        {scan.skipped.map(({ place, reason }) => (
          <li key={place} className="wrap-anywhere">
            {showHidden(place)}: {showHidden(reason)}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function Acts({ scan }: { readonly scan: ScanView }) {
  const refusal = useRefusal("responder");
  const cancel = useAct(cancelScan, { stale: STALE, inToast: true });
  const alert = useAct(alertScan, { stale: STALE, inToast: true, done: "What was not told before is an alert now." });
  if (scan.state === "pending" || scan.state === "running") {
    return (
      <Button busy={cancel.isPending} disabledReason={refusal} onClick={() => cancel.mutate(scan.id)}>
        Cancel
      </Button>
    );
  }
  return (
    <Button
      icon="warn"
      busy={alert.isPending}
      disabledReason={refusal ?? (scan.hits === 0 ? "Nothing was found." : null)}
      onClick={() => alert.mutate(scan.id)}
    >
      Make alerts
    </Button>
  );
}

function Scan({ scan }: { readonly scan: ScanView }) {
  const { state, share, examined, bytes, indicators, hits, alerts, problem, target } = scan;
  return (
    <Page title={describeTarget(target)} tabTitle="Scan" back={BACK} actions={<Acts scan={scan} />}>
      <p className="row-sub">
        <StateBadge word={SCAN_WORDS[state]} />
        <span>
          {count(examined, target.kind === "events" ? "event" : "file")}, {formatBytes(bytes)}
        </span>
        <span>against {count(indicators, "indicator")}</span>
        <span>{count(hits, "hit")}</span>
        <span>{count(alerts, "alert")}</span>
      </p>
      {state === "running" && <progress className="scan-progress" aria-label="Progress" max={1} value={share} />}
      {problem !== null && (
        <Notice tone="danger" title="The scan failed">
          {problem}
        </Notice>
      )}
      <Skipped scan={scan} />
      <Hits scan={scan} />
    </Page>
  );
}

export function ScanPage({ id }: { readonly id: string }) {
  const query = useQuery(scanQuery(id));
  if (query.data === undefined && query.error) {
    return (
      <Page title="Scan" back={BACK}>
        <ProblemNotice error={query.error} />
      </Page>
    );
  }
  return <Loaded query={query}>{(scan) => <Scan scan={scan} />}</Loaded>;
}
