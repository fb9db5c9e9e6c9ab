import type { StormAgent, StormView } from "@firebreak/protocol";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { stormAgentsQuery } from "../../api/queries.ts";
import { Ago, At, ProblemNotice, StateBadge } from "../../components/bits.tsx";
import { Button } from "../../ui/button.tsx";
import { type Fact, Facts, Loading, Panel } from "../../ui/layout.tsx";
import { count, REACTION_WORDS } from "../../words.ts";

function Agent({ agent }: { readonly agent: StormAgent }) {
  return (
    <li className="row">
      <div className="agent-main">
        <p className="hold-title">
          <Link href={`/agents?q=${encodeURIComponent(agent.agentId)}`} className="storm-agent wrap-anywhere">
            {agent.agentId}
          </Link>
          {agent.decision && <StateBadge word={REACTION_WORDS[agent.decision]} />}
        </p>
        <p className="row-sub">
          <span>{count(agent.alerts, "alert")}</span>
          <span>
            joined <At at={agent.joinedAt} />
          </span>
        </p>
      </div>
    </li>
  );
}

function Agents({ id }: { readonly id: string }) {
  const query = useInfiniteQuery(stormAgentsQuery(id));
  const agents = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <ProblemNotice error={query.error} />
      {query.isPending && <Loading rows={3} />}
      <ul className="rows">
        {agents.map((agent) => (
          <Agent key={agent.agentId} agent={agent} />
        ))}
      </ul>
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more agents
        </Button>
      )}
    </>
  );
}

function factsOf({ agents, alerts, beganAt, lastJoinedAt, endedAt, rules, decisions }: StormView): readonly Fact[] {
  return [
    { label: "In it", value: `${count(agents, "agent")}, ${count(alerts, "alert")}` },
    {
      label: "Since",
      value: (
        <>
          <At at={beganAt} />, {endedAt === null ? "last joined" : "over: nothing joined after"}{" "}
          <Ago at={lastJoinedAt} />
        </>
      ),
    },
    {
      label: "About",
      value: rules.map((rule) => (
        <div key={`${rule.ruleId ?? ""} ${rule.title}`} className="wrap-anywhere">
          {rule.title} ({rule.alerts})
        </div>
      )),
    },
    {
      label: "Containment",
      value:
        decisions.length === 0
          ? "the profile does nothing about these by itself"
          : decisions.map(({ state, agents: many }) => (
              <div key={state}>
                {count(many, "agent")} <StateBadge word={REACTION_WORDS[state]} />
              </div>
            )),
    },
  ];
}

/** One incident for the alerts of many agents: how many, what, what was decided, and who. */
export function Storm({ id, storm }: { readonly id: string; readonly storm: StormView }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Panel title={storm.endedAt === null ? "Alert storm, still on" : "Alert storm, over"} icon="incident">
      <div className="panel-body stack">
        <Facts facts={factsOf(storm)} />
        {storm.agents > 0 && (
          <details onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>Agents in it ({storm.agents})</summary>
            {isOpen && <Agents id={id} />}
          </details>
        )}
      </div>
    </Panel>
  );
}
