import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import {
  SEVERITY_NAMES,
  type PlaybookProblemView,
  type ProvenPlaybook,
  type RefusedPlaybookView,
} from "@firebreak/protocol";
import { playbooksQuery, runsQuery } from "../../api/playbook-queries.ts";
import { FilterBar, SearchField, useFilters } from "../../components/filters.tsx";
import { Loaded, Page } from "../../components/page.tsx";
import { useMe } from "../../hooks/use-me.ts";
import { playbookPath } from "../../navigation.ts";
import { Badge } from "../../ui/badge.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Empty, Inline, Notice, Panel } from "../../ui/layout.tsx";
import { count, sayName } from "../../words.ts";
import { Proof } from "../drills/proof.tsx";
import { RunRows } from "../runs/run-rows.tsx";

const RUNS_SHOWN = 10;

/** What the playbook is for, in a few words. */
export function sayPurpose({ appliesTo }: Pick<ProvenPlaybook, "appliesTo">): readonly string[] {
  const { incidentTypes, severities, rules } = appliesTo;
  return [
    ...incidentTypes.map(sayName),
    ...severities.map((severity) => `severity ${severity} (${SEVERITY_NAMES[severity]})`),
    ...(rules.length === 0 ? [] : [count(rules.length, "rule")]),
  ];
}

export function Problem({ problem }: { readonly problem: PlaybookProblemView }) {
  return (
    <p className="wrap-anywhere">
      Line {problem.line}, column {problem.column}: <Inline text={problem.message} />. Remedy:{" "}
      <Inline text={problem.remedy} />.
    </p>
  );
}

function Refused({ refused }: { readonly refused: readonly RefusedPlaybookView[] }) {
  return refused.map(({ id, file, problems }) => (
    <Notice key={file} tone="danger" title={`${file} does not run before it is mended`}>
      {problems
        .filter(({ level }) => level === "error")
        .map((problem) => (
          <Problem key={`${problem.line}:${problem.column} ${problem.message}`} problem={problem} />
        ))}
      <p>
        <Link href={`${playbookPath(id)}?view=source`}>Show its source</Link>
      </p>
    </Notice>
  ));
}

function personSteps(steps: ProvenPlaybook["steps"]): number {
  return steps.filter(({ type }) => type === "manual" || type === "approval" || type === "decision").length;
}

function PlaybookRow({ playbook }: { readonly playbook: ProvenPlaybook }) {
  const people = personSteps(playbook.steps);
  return (
    <li className="row">
      <Link href={playbookPath(playbook.id)} className="row-link row-link-two" data-row="">
        <span className="row-main">
          <span className="row-title">{playbook.title}</span>
          <span className="row-sub">
            <span className="playbook-purpose">{sayPurpose(playbook).join(" · ") || "started by a person"}</span>
          </span>
          <span className="row-sub">
            <code>{playbook.id}</code>
            <span>version {playbook.version}</span>
            <span>{count(playbook.steps.length, "step")}</span>
            {people > 0 && <span>{people} by people</span>}
            {playbook.inputs.length > 0 && <span>{count(playbook.inputs.length, "input")}</span>}
          </span>
        </span>
        <span className="row-state">
          <Proof playbook={playbook} />
          {playbook.problems.length > 0 && <Badge tone="warn">{count(playbook.problems.length, "warning")}</Badge>}
        </span>
      </Link>
    </li>
  );
}

function matches(playbook: ProvenPlaybook, text: string): boolean {
  const words = [
    playbook.id,
    playbook.title,
    playbook.description,
    ...sayPurpose(playbook),
    ...playbook.appliesTo.rules,
  ];
  return words.join(" ").toLowerCase().includes(text.trim().toLowerCase());
}

function Library({ playbooks }: { readonly playbooks: readonly ProvenPlaybook[] }) {
  const filters = useFilters();
  const text = filters.get("q");
  const shown = playbooks.filter((playbook) => matches(playbook, text));
  if (playbooks.length === 0)
    return (
      <Empty title="No playbook is loaded">
        Put YAML files into the folder playbooks of your Firebreak home, or import a runbook in Markdown.
      </Empty>
    );
  return (
    <>
      <FilterBar>
        <SearchField filters={filters} placeholder="title, kind of incident, rule" />
      </FilterBar>
      <p className="muted" role="status">
        {shown.length === playbooks.length
          ? count(playbooks.length, "playbook")
          : `${shown.length} of ${count(playbooks.length, "playbook")}`}
      </p>
      {shown.length === 0 ? (
        <Empty title="No playbook matches">Clear the search to see the rest.</Empty>
      ) : (
        <ul className="rows panel">
          {shown.map((playbook) => (
            <PlaybookRow key={playbook.id} playbook={playbook} />
          ))}
        </ul>
      )}
    </>
  );
}

function NewestRuns() {
  const query = useQuery(runsQuery);
  return (
    <Panel title="Newest runs" icon="play">
      <Loaded query={query}>{({ items }) => <RunRows runs={items.slice(0, RUNS_SHOWN)} />}</Loaded>
    </Panel>
  );
}

export function PlaybooksPage() {
  const query = useQuery(playbooksQuery);
  const { profile } = useMe();
  return (
    <Page
      title="Playbooks"
      lead={`What is done in an incident, by machine and by people. Profile ${profile}; your own files win over shipped ones.`}
      actions={
        <>
          <Link href="/playbooks/import" className="button button-plain">
            <Icon name="note" /> Import
          </Link>
          <Link href="/drills" className="button button-plain">
            <Icon name="shield" /> Drills
          </Link>
        </>
      }
    >
      <Loaded query={query} rows={8}>
        {({ items, refused }) => (
          <div className="stack">
            <Refused refused={refused} />
            <Library playbooks={items.toSorted((a, b) => a.title.localeCompare(b.title))} />
            <NewestRuns />
          </div>
        )}
      </Loaded>
    </Page>
  );
}
