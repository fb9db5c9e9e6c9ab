import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { AgentCoverage, AgentView } from "@firebreak/protocol";
import { agentsQuery, coverageQuery } from "../api/queries.ts";
import { Coverage } from "../components/agent-coverage.tsx";
import { AgentActions, AgentHolds, AgentState } from "../components/agent-parts.tsx";
import { Ago } from "../components/bits.tsx";
import { FilterBar, SearchField, useFilters } from "../components/filters.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { agentPath, sessionPath } from "../navigation.ts";
import { Empty } from "../ui/layout.tsx";

interface AgentRowProps {
  readonly agent: AgentView;
  /** not there until it was fetched */
  readonly coverage: AgentCoverage | undefined;
}

function AgentRow({ agent, coverage }: AgentRowProps) {
  return (
    <li className="row agent-row" data-agent={agent.id}>
      <div className="agent-main">
        <p className="agent-name">
          <Link className="wrap-anywhere" href={agentPath(agent.id)}>
            <strong>{agent.id}</strong>
          </Link>
          {agent.pack && <span className="muted">pack {agent.pack}</span>}
        </p>
        <p className="row-sub">
          <span>
            seen <Ago at={agent.lastSeenAt} />
          </span>
          {agent.session && <span>on {agent.session.host}</span>}
          {agent.session && <Link href={sessionPath(agent.session.id)}>session replay</Link>}
          {agent.session && <code className="agent-command">{agent.session.command.join(" ")}</code>}
        </p>
        {coverage && <Coverage coverage={coverage} />}
      </div>
      <div className="agent-state">
        <AgentState agent={agent} />
        <AgentHolds agent={agent} />
      </div>
      <AgentActions agent={agent} />
    </li>
  );
}

function matches(agent: AgentView, text: string): boolean {
  return `${agent.id} ${agent.pack ?? ""} ${agent.session?.state ?? ""} ${agent.session?.host ?? ""}`
    .toLowerCase()
    .includes(text.trim().toLowerCase());
}

/** Gates that stand before agents of which no telemetry came yet. */
function Unseen({ agents }: { readonly agents: readonly AgentCoverage[] }) {
  if (agents.length === 0) return null;
  return (
    <ul className="rows panel" aria-label="Gated, and not seen yet">
      {agents.map((agent) => (
        <li key={agent.agentId} className="row agent-row" data-unseen={agent.agentId}>
          <div className="agent-main">
            <p className="agent-name">
              <strong className="wrap-anywhere">{agent.agentId}</strong>
              {agent.pack && <span className="muted">pack {agent.pack}</span>}
            </p>
            <p className="row-sub">it has sent no telemetry</p>
            <Coverage coverage={agent} />
          </div>
        </li>
      ))}
    </ul>
  );
}

interface ListProps {
  readonly agents: readonly AgentView[];
  readonly coverage: readonly AgentCoverage[];
  readonly text: string;
}

function List({ agents, coverage, text }: ListProps) {
  if (agents.length === 0) {
    return (
      <Empty title="No agent has reported yet" command="firebreak run --agent scout -- CMD">
        Start one under supervision and it stands here, with its state and its stop button:
      </Empty>
    );
  }
  const shown = agents.filter((agent) => matches(agent, text));
  if (shown.length === 0) return <Empty title="No agent matches">Clear the search to see all of them.</Empty>;
  return (
    <ul className="rows panel">
      {shown.map((agent) => (
        <AgentRow key={agent.id} agent={agent} coverage={coverage.find(({ agentId }) => agentId === agent.id)} />
      ))}
    </ul>
  );
}

export function AgentsPage() {
  const query = useQuery(agentsQuery);
  const coverage = useQuery(coverageQuery).data?.items ?? [];
  const filters = useFilters();
  const text = filters.get("q");
  return (
    <Page title="Agents">
      <FilterBar>
        <SearchField filters={filters} placeholder="agent, pack, state, host" />
      </FilterBar>
      <Loaded query={query}>
        {(page) => (
          <>
            <List agents={page.items} coverage={coverage} text={text} />
            <Unseen
              agents={coverage.filter((agent) => agent.lastSeenAt === null && agent.agentId.includes(text.trim()))}
            />
            {page.next !== null && (
              <p className="muted">Only the first {page.items.length} are shown; a stop by name reaches every agent.</p>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
