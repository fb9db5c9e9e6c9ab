import { useQuery } from "@tanstack/react-query";
import { DetailPage } from "../../components/detail-page.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import type { PlaybookDetail, RunView, StepState } from "@firebreak/protocol";
import { runPlaybookQuery, runQuery } from "../../api/playbook-queries.ts";
import { ActorName, Ago, At } from "../../components/bits.tsx";
import { showHidden } from "../../harmless.ts";
import { useCommands } from "../../hooks/use-commands.ts";
import { useMe } from "../../hooks/use-me.ts";
import { incidentPath, playbookPath, runPath } from "../../navigation.ts";
import { formatSpan } from "../../time.ts";
import { Button } from "../../ui/button.tsx";
import { Icon, type IconName } from "../../ui/icons.tsx";
import { type Fact, Facts, Panel } from "../../ui/layout.tsx";
import { type Tab, Tabs } from "../../ui/tabs.tsx";
import { PlaybookGraph } from "../playbooks/graph.tsx";
import { RunActDialog } from "./act-dialog.tsx";
import { type RunAct, runActs } from "./acts.ts";
import { RunSteps } from "./steps.tsx";
import { Tasks } from "./tasks.tsx";
import { hasEnded, verdictOf } from "./words.ts";

const VERDICT_ICONS = {
  ok: "check",
  warn: "warn",
  danger: "incident",
  info: "play",
  neutral: "clock",
  hold: "stop",
} as const satisfies Record<ReturnType<typeof verdictOf>["tone"], IconName>;

/** How it stands, first thing on the page; read out when it changes. */
function VerdictBar({ run }: { readonly run: RunView }) {
  const { tone, title, text } = verdictOf(run);
  const done = run.steps.filter(
    ({ state }) => !["pending", "running", "waiting", "interrupted"].includes(state),
  ).length;
  return (
    <div className={`verdict tone-${tone}`} role="status" data-verdict={run.state}>
      <Icon name={VERDICT_ICONS[tone]} size={20} />
      <div className="verdict-text">
        <p className="verdict-title">{title}</p>
        {text !== "" && <p className="wrap-anywhere">{text}</p>}
      </div>
      <p className="number verdict-count">
        {done} of {run.steps.length} steps
      </p>
    </div>
  );
}

function valueFacts(word: string, values: Readonly<Record<string, unknown>>): readonly Fact[] {
  return Object.entries(values).map(([name, value]) => ({
    label: `${word} ${name}`,
    value: (
      <code className="wrap-anywhere">{showHidden(typeof value === "string" ? value : JSON.stringify(value))}</code>
    ),
  }));
}

function runFacts(run: RunView, playbook: PlaybookDetail | null): readonly Fact[] {
  const took =
    run.startedAt === null || run.endedAt === null ? null : Date.parse(run.endedAt) - Date.parse(run.startedAt);
  return [
    ...(run.incidentId === null
      ? []
      : [{ label: "Incident", value: <Link href={incidentPath(run.incidentId)}>{run.incidentId}</Link> }]),
    { label: "Playbook", value: <Link href={playbookPath(run.playbookId)}>{run.playbookId}</Link> },
    ...(playbook === null ? [] : [{ label: "Version", value: playbook.version }]),
    { label: "Text", value: <code title={`SHA-256 ${run.playbookHash}`}>{run.playbookHash.slice(0, 12)}</code> },
    { label: "Asked for by", value: <ActorName actor={run.requestedBy} /> },
    { label: "Asked for", value: <At at={run.requestedAt} /> },
    ...(run.owner === null ? [] : [{ label: "Answerable", value: run.owner }]),
    ...(run.startedAt === null ? [] : [{ label: "Began", value: <At at={run.startedAt} /> }]),
    ...(run.endedAt === null ? [] : [{ label: "Ended", value: <At at={run.endedAt} /> }]),
    ...(took === null ? [] : [{ label: "Took", value: formatSpan(took) }]),
    ...(hasEnded(run) || run.wakeAt === null ? [] : [{ label: "Looks again", value: <Ago at={run.wakeAt} /> }]),
    ...(run.locks.length === 0 ? [] : [{ label: "Locks", value: <code>{run.locks.join(", ")}</code> }]),
    ...(run.lockedBy === null
      ? []
      : [{ label: "Waits for", value: <Link href={runPath(run.lockedBy)}>{run.lockedBy}</Link> }]),
    ...valueFacts("With", run.inputs),
    ...valueFacts("Gives", run.outputs ?? {}),
  ];
}

/** The states of the steps by their ids in the playbook; of several items the one that needs most attention. */
function statesOf(run: RunView): ReadonlyMap<string, StepState> {
  return new Map(
    run.steps.filter(({ id }) => !id.includes("/")).map(({ id, state }) => [id.split("#")[0] ?? id, state]),
  );
}

function Head({ run, acts, onAct }: { run: RunView; acts: readonly RunAct[]; onAct: (act: RunAct) => void }) {
  return (
    <PageHead
      title={run.playbookTitle}
      lead={
        <>
          run <code>{run.id}</code>
        </>
      }
      actions={acts.map((one) => (
        <Button
          key={one.name}
          kind={one.name === "abort" || one.name === "undo" ? "danger-plain" : "plain"}
          disabledReason={one.refusal}
          onClick={() => onAct(one)}
        >
          {one.label}
        </Button>
      ))}
    />
  );
}

interface StepsTabProps {
  readonly run: RunView;
  readonly playbook: PlaybookDetail | null;
  readonly onAct: (act: RunAct) => void;
}

function StepsTab({ run, playbook, onAct }: StepsTabProps) {
  return (
    <div className="playbook-columns">
      <div className="stack">
        <RunSteps run={run} playbook={playbook} onAct={onAct} />
      </div>
      <aside aria-label="About this run">
        <Panel title="About" icon="note">
          <div className="panel-body">
            <Facts facts={runFacts(run, playbook)} />
          </div>
        </Panel>
      </aside>
    </div>
  );
}

function Content({ run }: { readonly run: RunView }) {
  const { data: playbook = null } = useQuery(runPlaybookQuery(run.id));
  const { access } = useMe();
  const [act, setAct] = useState<RunAct | null>(null);
  const [params, setParams] = useSearchParams();
  const acts = runActs(run, access);
  useCommands(
    acts.map((one) => ({
      id: `run:${one.name}`,
      title: `${one.label.replace("…", "")} this run…`,
      group: "This run",
      disabledReason: one.refusal,
      run: () => setAct(one),
    })),
  );
  const steps: Tab = {
    id: "steps",
    label: "Steps",
    content: <StepsTab run={run} playbook={playbook} onAct={setAct} />,
  };
  const graph = playbook !== null && playbook.steps.length > 0 && (
    <PlaybookGraph playbook={playbook} states={statesOf(run)} onOpen={() => setParams({})} />
  );
  const tabs = graph === false ? [steps] : [steps, { id: "graph", label: "Graph", content: graph }];
  return (
    <>
      <Head run={run} acts={acts} onAct={setAct} />
      <VerdictBar run={run} />
      <div className="stack">
        <Tasks run={run} playbook={playbook} />
      </div>
      <Tabs
        label="Ways to look at the run"
        tabs={tabs}
        value={tabs.find(({ id }) => id === params.get("view"))?.id ?? "steps"}
        onChange={(id) => setParams(id === "steps" ? {} : { view: id }, { replace: true })}
      />
      {act !== null && <RunActDialog run={run} act={act} onClose={() => setAct(null)} />}
    </>
  );
}

/** A run hangs at its incident, where it has one. */
const backOf = (incidentId: string | null | undefined) =>
  incidentId ? { href: incidentPath(incidentId), label: incidentId } : { href: "/playbooks", label: "Playbooks" };

export function RunPage({ id }: { readonly id: string }) {
  const query = useQuery(runQuery(id));
  return (
    <DetailPage query={query} name={id} tabTitle={(run) => run.playbookTitle} back={backOf(query.data?.incidentId)}>
      {(run) => <Content run={run} />}
    </DetailPage>
  );
}
