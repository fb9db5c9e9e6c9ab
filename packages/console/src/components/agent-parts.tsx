import type { AgentView } from "@firebreak/protocol";
import { useDialogs } from "../hooks/use-dialogs.ts";
import { useRefusal } from "../hooks/use-me.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { coverage, SESSION_WORDS } from "../words.ts";
import { LevelBadge, StateBadge } from "./bits.tsx";

export function AgentState({ agent }: { readonly agent: AgentView }) {
  return agent.session ? (
    <StateBadge word={SESSION_WORDS[agent.session.state]} />
  ) : (
    <Badge tone="neutral" title="It sends telemetry, but no supervisor of ours runs it.">
      Not supervised
    </Badge>
  );
}

/** What may be done with one agent, wherever it is shown. */
export function AgentActions({ agent }: { readonly agent: AgentView }) {
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

/** The stops that cover an agent. */
export function AgentHolds({ agent }: { readonly agent: AgentView }) {
  return agent.holds.map((hold) => (
    <span key={hold.id} className="agent-hold">
      <LevelBadge level={hold.level} />{" "}
      <span className="muted">by the stop of {coverage(hold.scope, hold.target)}</span>
    </span>
  ));
}
