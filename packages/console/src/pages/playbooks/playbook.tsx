import { useQuery } from "@tanstack/react-query";
import { DetailPage } from "../../components/detail-page.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { useEffect, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { type PlaybookDetail, type ProvenPlaybookDetail, SEVERITY_NAMES } from "@firebreak/protocol";
import { drillsQuery, playbookQuery, runsQuery } from "../../api/playbook-queries.ts";
import { Ago } from "../../components/bits.tsx";
import { Loaded } from "../../components/page.tsx";
import { useCommands } from "../../hooks/use-commands.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { showHidden } from "../../harmless.ts";
import { rulePath } from "../../navigation.ts";
import { Button } from "../../ui/button.tsx";
import { type Fact, Empty, Facts, Notice, Panel } from "../../ui/layout.tsx";
import { type Tab, Tabs } from "../../ui/tabs.tsx";
import { count, sayName } from "../../words.ts";
import { DrillHistory } from "../drills/list.tsx";
import { Proof } from "../drills/proof.tsx";
import { RunRows } from "../runs/run-rows.tsx";
import { PlaybookDocument, stepAnchor } from "./document.tsx";
import { PlaybookGraph } from "./graph.tsx";
import { StartDialog } from "./start-dialog.tsx";
import { PlaybookSource } from "./source.tsx";

function aboutFacts(playbook: PlaybookDetail): readonly Fact[] {
  const { appliesTo, severity, inputs, roles, locks, outputs } = playbook;
  const types = appliesTo.incidentTypes.map(sayName).join(", ");
  const severities = appliesTo.severities.map((one) => `${one} (${SEVERITY_NAMES[one]})`).join(", ");
  return [
    { label: "Version", value: playbook.version },
    ...(types === "" ? [] : [{ label: "Incidents", value: types }]),
    ...(severities === "" ? [] : [{ label: "Severities", value: severities }]),
    ...(severity === null ? [] : [{ label: "Severity", value: `${severity} (${SEVERITY_NAMES[severity]})` }]),
    ...appliesTo.rules.map((rule, index) => ({
      label: index === 0 ? "Rules" : `Rule ${index + 1}`,
      value: <Link href={rulePath(rule)}>{rule}</Link>,
    })),
    ...inputs.map(({ name, type, description, required }) => ({
      label: name,
      value: `${required ? "" : "optional "}${type}${description === null ? "" : `: ${description}`}`,
    })),
    ...roles.map(({ title, duty, access }) => ({ label: title, value: duty ?? `a ${access}` })),
    ...(locks.length === 0
      ? []
      : [
          {
            label: "Locks",
            value: (
              <>
                <code>{locks.join(", ")}</code>
                {playbook.onLocked === "wait" ? " (a second run waits)" : " (a second run is refused)"}
              </>
            ),
          },
        ]),
    ...outputs.map(({ name, expression }) => ({ label: `Gives ${name}`, value: <code>{expression}</code> })),
  ];
}

function About({ playbook }: { readonly playbook: ProvenPlaybookDetail }) {
  return (
    <aside className="stack" aria-label="About this playbook">
      <Panel title="About" icon="note">
        <div className="panel-body">
          <p className="playbook-description">{showHidden(playbook.description)}</p>
          <Facts facts={aboutFacts(playbook)} />
        </div>
      </Panel>
    </aside>
  );
}

function Runs({ playbook }: { readonly playbook: ProvenPlaybookDetail }) {
  const query = useQuery(runsQuery);
  return (
    <div className="stack">
      <Panel title="Runs" icon="play">
        <Loaded query={query}>
          {({ items }) => <RunRows runs={items.filter(({ playbookId }) => playbookId === playbook.id)} />}
        </Loaded>
      </Panel>
      <Panel title="Versions that ran" icon="archive">
        {playbook.versions.length === 0 ? (
          <Empty title="None has run yet">A run keeps the text it began with; each text stands here.</Empty>
        ) : (
          <ul className="rows">
            {playbook.versions.map(({ hash, runs, lastAt }) => (
              <li key={hash} className="row history-row">
                <p className="row-sub">
                  <code className="wrap-anywhere">{hash.slice(0, 12)}</code>
                  {hash === playbook.hash && <strong>the text of now</strong>}
                  <span>{count(runs, "run")}</span>
                  <span>
                    the last <Ago at={lastAt} />
                  </span>
                </p>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </div>
  );
}

function Drills({ id }: { readonly id: string }) {
  const query = useQuery(drillsQuery);
  return (
    <Panel title="Drills" icon="shield">
      <Loaded query={query}>
        {({ items }) => <DrillHistory drills={items.filter(({ playbook }) => playbook.id === id)} />}
      </Loaded>
    </Panel>
  );
}

/** Shows the step in the document once that is on the page. */
function useOpenStep(show: (view: string) => void): (id: string) => void {
  const [wanted, setWanted] = useState<string | null>(null);
  useEffect(() => {
    if (wanted === null) return;
    const element = document.getElementById(stepAnchor(wanted));
    element?.scrollIntoView({ block: "start" });
    element?.focus({ preventScroll: true });
    setWanted(null);
  }, [wanted]);
  return (id) => {
    show("document");
    setWanted(id);
  };
}

function Content({ playbook }: { readonly playbook: ProvenPlaybookDetail }) {
  const [params, setParams] = useSearchParams();
  const show = (view: string) => setParams(view === "document" ? {} : { view }, { replace: true });
  const openStep = useOpenStep(show);
  const [isStarting, setStarting] = useState(false);
  const refusal = useRefusal("responder");
  useCommands([
    {
      id: `playbook:start:${playbook.id}`,
      title: `Start “${playbook.title}”…`,
      group: "This playbook",
      disabledReason: refusal,
      run: () => setStarting(true),
    },
  ]);
  const tabs: readonly Tab[] = [
    {
      id: "document",
      label: "Document",
      content: (
        <div className="playbook-columns">
          <PlaybookDocument playbook={playbook} />
          <About playbook={playbook} />
        </div>
      ),
    },
    { id: "graph", label: "Graph", content: <PlaybookGraph playbook={playbook} onOpen={openStep} /> },
    {
      id: "source",
      label: "Source",
      ...(playbook.problems.length === 0 ? {} : { attention: count(playbook.problems.length, "problem") }),
      content: <PlaybookSource playbook={playbook} />,
    },
    { id: "runs", label: "Runs", content: <Runs playbook={playbook} /> },
    { id: "drills", label: "Drills", content: <Drills id={playbook.id} /> },
  ];
  const view = tabs.find(({ id }) => id === params.get("view"))?.id ?? "document";
  return (
    <>
      <PageHead
        title={playbook.title}
        lead={
          <>
            <code>{playbook.id}</code> · {count(playbook.steps.length, "step")} <Proof playbook={playbook} />
          </>
        }
        actions={
          <Button
            kind="primary"
            icon="play"
            disabledReason={refusal ?? (playbook.runnable ? null : "Its source must be mended first.")}
            onClick={() => setStarting(true)}
          >
            Start…
          </Button>
        }
      />
      {isStarting && <StartDialog playbook={playbook} onClose={() => setStarting(false)} />}
      {!playbook.runnable && (
        <Notice tone="danger" title="It does not run before its source is mended">
          <p>The problems stand in the tab Source, each under its line.</p>
        </Notice>
      )}
      <Tabs label="Ways to read the playbook" tabs={tabs} value={view} onChange={show} />
    </>
  );
}

export function PlaybookPage({ id }: { readonly id: string }) {
  const query = useQuery(playbookQuery(id));
  return (
    <DetailPage
      query={query}
      name={id}
      tabTitle={(playbook) => playbook.title}
      back={{ href: "/playbooks", label: "Playbooks" }}
    >
      {(playbook) => <Content playbook={playbook} />}
    </DetailPage>
  );
}
