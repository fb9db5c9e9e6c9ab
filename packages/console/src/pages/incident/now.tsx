import { groupHolds, type IncidentDetail, isSettled } from "@firebreak/protocol";
import { Link, useSearchParams } from "wouter";
import { holdSentence, LevelBadge } from "../../components/bits.tsx";
import { slowestProofMs } from "../../components/stop-results.tsx";
import { useDialogs } from "../../hooks/use-dialogs.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { runPath } from "../../navigation.ts";
import { formatLatency } from "../../time.ts";
import { Icon } from "../../ui/icons.tsx";
import { isStopUnproved, newestStop, type NextStep, nextStepOf } from "./next-step.ts";

const SHOWN_MAX = 2;

/** Whether the stop is seen to hold, from proof and not from hope. */
function Proof({ incident }: { readonly incident: IncidentDetail }) {
  const newest = newestStop(incident.stops);
  if (newest?.verified === false) {
    return (
      <strong className="now-proof tone-danger">
        <Icon name="warn" size={14} /> not proved
      </strong>
    );
  }
  const tookMs = incident.tripToStopMs ?? (newest === undefined ? null : slowestProofMs(newest));
  if (newest === undefined && tookMs === null) return null;
  return (
    <span className="now-proof tone-ok" title="From the moment it was set off to the proof that nothing of it runs">
      <Icon name="shield" size={14} /> proved{tookMs === null ? "" : ` after ${formatLatency(tookMs)}`}
    </span>
  );
}

function Stopped({ incident }: { readonly incident: IncidentDetail }) {
  const holds = groupHolds(incident.holds).map(([hold]) => hold);
  const shown = holds.slice(0, SHOWN_MAX);
  if (holds.length === 0) {
    return isStopUnproved(incident.stops) ? (
      <>No stop is in force, and the last one is not proved</>
    ) : (
      <>Nothing is stopped by this incident now</>
    );
  }
  return (
    <>
      {shown.map((hold) => (
        <span key={hold.id} className="now-hold">
          <LevelBadge level={hold.level} />
          <span className="wrap-anywhere">{holdSentence(hold)}</span>
        </span>
      ))}
      {holds.length > SHOWN_MAX && <span className="muted">and {holds.length - SHOWN_MAX} more</span>}
      <Proof incident={incident} />
    </>
  );
}

function NextLink({ incident, step }: { readonly incident: IncidentDetail; readonly step: NextStep }) {
  const open = useDialogs();
  const [, setParams] = useSearchParams();
  const refusal = useRefusal("responder");
  const { way, text } = step;
  if (typeof way === "string" && refusal !== null) return <span title={refusal}>{text}</span>;
  const content = (
    <>
      {text} <Icon name="arrow" size={14} />
    </>
  );
  if (typeof way === "object" && "run" in way) {
    return (
      <Link href={runPath(way.run)} className="now-next">
        {content}
      </Link>
    );
  }
  const go = () => {
    if (typeof way === "object") return setParams({ tab: way.tab }, { replace: true });
    if (way !== "stop") return open({ kind: way, incident });
    const { id: incidentId, agentId, title: reason } = incident;
    return open({ kind: "stop", incidentId, reason, ...(agentId === null ? {} : { scope: "agent", target: agentId }) });
  };
  return (
    <button type="button" className="now-next" onClick={go}>
      {content}
    </button>
  );
}

/** In one look: what is stopped, and what comes next. */
export function Now({ incident }: { readonly incident: IncidentDetail }) {
  const step = nextStepOf(incident);
  const isOver = isSettled(incident.state) && incident.holds.length === 0;
  return (
    <dl className="now" aria-label="Now" data-urgent={step?.isUrgent === true}>
      {!isOver && (
        <div>
          <dt>Stopped</dt>
          <dd>
            <Stopped incident={incident} />
          </dd>
        </div>
      )}
      {step !== null && (
        <div>
          <dt>Next</dt>
          <dd>
            <NextLink incident={incident} step={step} />
          </dd>
        </div>
      )}
    </dl>
  );
}
