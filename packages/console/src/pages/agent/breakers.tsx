import type { BreakerView } from "@firebreak/protocol";
import { Ago, At, StateBadge } from "../../components/bits.tsx";
import { useDialogs } from "../../hooks/use-dialogs.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/layout.tsx";
import { BREAKER_WORDS } from "../../words.ts";

function Why({ breaker: { state, since, reason, by, probeFrom } }: { readonly breaker: BreakerView }) {
  if (state === "closed") return <p className="row-sub">It failed before; acts pass.</p>;
  return (
    <p className="row-sub">
      {since && (
        <span>
          since <Ago at={since} />
        </span>
      )}
      <span className="wrap-anywhere">{by === null ? reason : `${by}: ${reason ?? ""}`}</span>
      {state === "open" && probeFrom && (
        <span>
          probes from <At at={probeFrom} />
        </span>
      )}
    </p>
  );
}

function BreakerRow({ breaker: view }: { readonly breaker: BreakerView }) {
  const open = useDialogs();
  const isolateRefusal = useRefusal("responder");
  const closeRefusal = useRefusal("commander");
  const { breaker, per, subject, state, inForce } = view;
  return (
    <li className="row agent-row">
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">
            {per} {subject}
          </strong>
          <span className="muted">{breaker}</span>
        </p>
        <Why breaker={view} />
      </div>
      <div className="agent-state">
        <StateBadge word={BREAKER_WORDS[state]} />
      </div>
      <div className="agent-actions">
        {state !== "closed" && (
          <Button
            icon="play"
            disabledReason={closeRefusal}
            onClick={() => open({ kind: "close-breaker", breaker: view })}
          >
            Allow…
          </Button>
        )}
        {state !== "isolated" && inForce && (
          <Button
            icon="stop"
            kind="danger-plain"
            data-row=""
            disabledReason={isolateRefusal}
            onClick={() => open({ kind: "isolate-breaker", breaker: view })}
          >
            Isolate…
          </Button>
        )}
      </div>
    </li>
  );
}

export function BreakerRows({ breakers }: { readonly breakers: readonly BreakerView[] }) {
  if (breakers.length === 0) {
    return (
      <Empty title="Nothing failed" command="firebreak breaker list">
        Circuit breakers of this agent and of the tools and integrations on the host stand here once something failed.
      </Empty>
    );
  }
  return (
    <ul className="rows">
      {breakers.map((breaker) => (
        <BreakerRow key={`${breaker.breaker} ${breaker.subject}`} breaker={breaker} />
      ))}
    </ul>
  );
}
