import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { AgentView } from "@firebreak/protocol";
import { agentQuery, breakersQuery, budgetsQuery } from "../../api/queries.ts";
import { AgentActions, AgentHolds, AgentState } from "../../components/agent-parts.tsx";
import { Ago } from "../../components/bits.tsx";
import { explorerPath, sessionPath } from "../../navigation.ts";
import { Loaded, Page } from "../../components/page.tsx";
import { Panel } from "../../ui/layout.tsx";
import { BreakerRows } from "./breakers.tsx";
import { BudgetRows } from "./budgets.tsx";

function Summary({ agent }: { readonly agent: AgentView }) {
  return (
    <Panel title="State" icon="agent" aside={<AgentActions agent={agent} />}>
      <div className="row agent-summary">
        <div className="agent-state">
          <AgentState agent={agent} />
          <AgentHolds agent={agent} />
        </div>
        <p className="row-sub">
          {agent.pack && <span>pack {agent.pack}</span>}
          <span>
            seen <Ago at={agent.lastSeenAt} />
          </span>
          {agent.session && <span>on {agent.session.host}</span>}
          <Link href={explorerPath({ agent: agent.id })}>its events</Link>
          {agent.session && <Link href={sessionPath(agent.session.id)}>session replay</Link>}
          <Link href={`/evidence?agent=${encodeURIComponent(agent.id)}`}>Evidence</Link>
          {agent.session && <code className="agent-command">{agent.session.command.join(" ")}</code>}
        </p>
      </div>
    </Panel>
  );
}

/** One agent: how it is, and what its gate lets it spend and use. */
export function AgentPage({ id }: { readonly id: string }) {
  const agent = useQuery(agentQuery(id));
  const budgets = useQuery(budgetsQuery(id));
  const breakers = useQuery(breakersQuery(id));
  return (
    <Page title={id} back={{ href: "/agents", label: "Agents" }}>
      <div className="stack">
        <Loaded query={agent}>{(view) => <Summary agent={view} />}</Loaded>
        <Panel title="Budgets" icon="clock">
          <Loaded query={budgets}>{(page) => <BudgetRows budgets={page.items} />}</Loaded>
        </Panel>
        <Panel title="Circuit breakers" icon="warn">
          <Loaded query={breakers}>{(page) => <BreakerRows breakers={page.items} />}</Loaded>
        </Panel>
      </div>
    </Page>
  );
}
