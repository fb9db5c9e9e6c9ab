import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import type { AgentView } from "@firebreak/protocol";
import { agentsQuery } from "../api/queries.ts";
import { Ago, LevelBadge, StateBadge } from "../components/bits.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { useDialogs } from "../hooks/use-dialogs.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/fields.tsx";
import { Empty } from "../ui/layout.tsx";
import { coverage, SESSION_WORDS } from "../words.ts";

function AgentState({ agent }: { readonly agent: AgentView }) {
  return agent.session ? (
    <StateBadge word={SESSION_WORDS[agent.session.state]} />
  ) : (
    <Badge tone="neutral" title="It sends telemetry, but no supervisor of ours runs it.">
      Not supervised
    </Badge>
  );
}

function Actions({ agent }: { readonly agent: AgentView }) {
  const open = useDialogs();
  const stopRefusal = useRefusal("responder");
  const resumeRefusal = useRefusal("commander");
  const hold = agent.holds[0];
  return (
    <div className="agent-actions">
      {hold && (
        <Button icon="play" disabledReason={resumeRefusal} onClick={() => open({ kind: "resume", hold })}>
          Resume…
        </Button>
      )}
      <Button
        icon="stop"
        kind="danger-plain"
        data-row=""
        disabledReason={stopRefusal}
        onClick={() => open({ kind: "stop", scope: "agent", target: agent.id })}
      >
        Stop…
      </Button>
    </div>
  );
}

function AgentRow({ agent }: { readonly agent: AgentView }) {
  return (
    <li className="row agent-row" data-agent={agent.id}>
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">{agent.id}</strong>
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
        {agent.holds.map((hold) => (
          <span key={hold.id} className="agent-hold">
            <LevelBadge level={hold.level} />{" "}
            <span className="muted">by the stop of {coverage(hold.scope, hold.target)}</span>
          </span>
        ))}
      </div>
      <Actions agent={agent} />
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
