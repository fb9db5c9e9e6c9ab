import { useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "wouter";
import type { AgentView } from "@firebreak/protocol";
import { agentsQuery } from "../api/queries.ts";
import { AgentActions, AgentHolds, AgentState } from "../components/agent-parts.tsx";
import { Ago } from "../components/bits.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { agentPath } from "../navigation.ts";
import { TextField } from "../ui/fields.tsx";
import { Empty } from "../ui/layout.tsx";

function AgentRow({ agent }: { readonly agent: AgentView }) {
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
          {agent.session && <code className="agent-command">{agent.session.command.join(" ")}</code>}
        </p>
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

function List({ agents, text }: { readonly agents: readonly AgentView[]; readonly text: string }) {
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
        <AgentRow key={agent.id} agent={agent} />
      ))}
    </ul>
  );
}

export function AgentsPage() {
  const query = useQuery(agentsQuery);
  const [params, setParams] = useSearchParams();
  const text = params.get("q") ?? "";
  const search = (value: string) => setParams(value === "" ? {} : { q: value }, { replace: true });
  return (
    <Page title="Agents">
      <div className="filters" role="search">
        <TextField
          label="Search"
          type="search"
          data-search=""
          placeholder="agent, pack, state, host"
          value={text}
          onChange={(event) => search(event.target.value)}
          onKeyDown={(event) => (event.key === "Escape" ? search("") : undefined)}
        />
      </div>
      <Loaded query={query}>
        {(page) => (
          <>
            <List agents={page.items} text={text} />
            {page.next !== null && (
              <p className="muted">Only the first {page.items.length} are shown; a stop by name reaches every agent.</p>
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}
