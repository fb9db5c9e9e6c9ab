import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { DrillSummary, ProvenPlaybook } from "@firebreak/protocol";
import { drillsQuery, playbooksQuery } from "../../api/playbook-queries.ts";
import { Ago, StateBadge } from "../../components/bits.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { showHidden } from "../../harmless.ts";
import { useNow } from "../../hooks/use-now.ts";
import { drillPath, playbookPath } from "../../navigation.ts";
import { formatLocal } from "../../time.ts";
import { Empty, Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";
import { Proof } from "./proof.tsx";
import { SpanChart, type SpanPoint } from "./span-chart.tsx";
import { DRILL_WORDS } from "./words.ts";

const CHARTED_MAX = 20;
const LISTED_MAX = 10;

/** The times of each span over the drills, oldest first, in the order in which spans first appear. */
function chartsOf(
  drills: readonly DrillSummary[],
  nowMs: number,
): readonly (readonly [string, readonly SpanPoint[]])[] {
  const charts = new Map<string, SpanPoint[]>();
  for (const drill of drills.slice(0, CHARTED_MAX).toReversed()) {
    for (const { name, ms, targetMs, met } of drill.spans) {
      const points = charts.get(name) ?? [];
      points.push({ id: drill.id, label: formatLocal(Date.parse(drill.startedAt), nowMs), ms, targetMs, met });
      charts.set(name, points);
    }
  }
  return [...charts];
}

function DrillRow({ drill }: { readonly drill: DrillSummary }) {
  const late = drill.spans.filter(({ met }) => met === false).length;
  return (
    <li className="row">
      <Link href={drillPath(drill.id)} className="row-link row-link-two" data-row="">
        <span className="row-main">
          <span className="row-title">{showHidden(drill.title)}</span>
          <span className="row-sub">
            <Ago at={drill.startedAt} />
            <span>{Math.round(drill.seconds)} s</span>
            <span>version {drill.playbook.version}</span>
            {late > 0 && <span>{count(late, "target")} missed</span>}
            {drill.notExercised.length > 0 && <span>{count(drill.notExercised.length, "step")} not exercised</span>}
          </span>
          {drill.findings[0] !== undefined && <span className="rule-hint">{showHidden(drill.findings[0])}</span>}
        </span>
        <span className="row-state">
          <StateBadge word={DRILL_WORDS[drill.result]} />
        </span>
      </Link>
    </li>
  );
}

/** The drills of one playbook: charts of its times against their targets, then each drill. */
export function DrillHistory({ drills }: { readonly drills: readonly DrillSummary[] }) {
  const nowMs = useNow();
  if (drills.length === 0)
    return (
      <Empty title="It was never drilled" command="firebreak drill PLAYBOOK">
        A drill causes the real fault in a sandbox of its own and runs the playbook to its end.
      </Empty>
    );
  return (
    <>
      <div className="span-charts">
        {chartsOf(drills, nowMs).map(([name, points]) => (
          <SpanChart key={name} name={name} points={points} />
        ))}
      </div>
      <ul className="rows">
        {drills.slice(0, LISTED_MAX).map((drill) => (
          <DrillRow key={drill.id} drill={drill} />
        ))}
      </ul>
    </>
  );
}

/** Nobody promised a drill of it, and none was made: nothing is wrong, nothing is known. */
function isUntried({ lastProven, lastDrill, drillOverdue }: ProvenPlaybook): boolean {
  return !drillOverdue && lastProven === null && lastDrill === null;
}

/** A drill is promised, failed, or proved another text. */
function needsDrill(playbook: ProvenPlaybook): boolean {
  if (isUntried(playbook)) return false;
  const { lastProven, lastDrill, drillOverdue } = playbook;
  return drillOverdue || lastProven === null || lastProven.stale || lastDrill?.result === "failed";
}

function PlaybookRows({ playbooks }: { readonly playbooks: readonly ProvenPlaybook[] }) {
  return (
    <ul className="rows">
      {playbooks.map((playbook) => (
        <li key={playbook.id} className="row">
          <Link href={playbookPath(playbook.id)} className="row-link row-link-two" data-row="">
            <span className="row-main">
              <span className="row-title">{playbook.title}</span>
              <code className="row-sub">firebreak drill {playbook.id}</code>
            </span>
            <span className="row-state">
              <Proof playbook={playbook} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Unproven({ playbooks }: { readonly playbooks: readonly ProvenPlaybook[] }) {
  const needed = playbooks
    .filter(needsDrill)
    .toSorted((one, other) => Number(other.drillOverdue) - Number(one.drillOverdue));
  const untried = playbooks.filter(isUntried);
  return (
    <>
      <Panel title="Need a drill" icon="warn" aside={<span className="muted">{needed.length}</span>}>
        {needed.length === 0 ? (
          <Empty title="No drill is overdue, failed or out of date" />
        ) : (
          <PlaybookRows playbooks={needed} />
        )}
      </Panel>
      {untried.length > 0 && (
        <Panel title="No drill yet" icon="book" aside={<span className="muted">{untried.length}</span>}>
          <PlaybookRows playbooks={untried} />
        </Panel>
      )}
    </>
  );
}

function Histories({ drills }: { readonly drills: readonly DrillSummary[] }) {
  const ids = [...new Set(drills.map(({ playbook }) => playbook.id))];
  return ids.map((id) => {
    const own = drills.filter(({ playbook }) => playbook.id === id);
    return (
      <Panel key={id} repeated title={own[0]?.playbook.title ?? id} icon="shield">
        <DrillHistory drills={own} />
      </Panel>
    );
  });
}

export function DrillsPage() {
  const drills = useQuery(drillsQuery);
  const library = useQuery(playbooksQuery);
  return (
    <Page title="Drills" lead="Playbooks run against real faults in a sandbox; kept out of the metrics of incidents.">
      <div className="stack">
        <Loaded query={library} rows={3}>
          {({ items }) => <Unproven playbooks={items} />}
        </Loaded>
        <Loaded query={drills} rows={6}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No drill was recorded" command="firebreak drill --all">
                A drill causes the real fault, lets detection find it, runs the playbook, and measures each phase.
              </Empty>
            ) : (
              <Histories drills={items} />
            )
          }
        </Loaded>
      </div>
    </Page>
  );
}
