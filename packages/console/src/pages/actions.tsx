import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isLiveAction } from "@firebreak/protocol";
import type { ActionView } from "@firebreak/protocol";
import { Link } from "wouter";
import { undoAction } from "../api/commands.ts";
import { actionsQuery } from "../api/queries.ts";
import { ActDialog } from "../components/act-dialog.tsx";
import { ActorName, Ago, At, StateBadge } from "../components/bits.tsx";
import { Loaded, Page } from "../components/page.tsx";
import { ReasonDialog } from "../components/reason-dialog.tsx";
import { useRefusal } from "../hooks/use-me.ts";
import { incidentPath } from "../navigation.ts";
import { Button } from "../ui/button.tsx";
import { Empty, Panel } from "../ui/layout.tsx";
import { ACTION_WORDS, count } from "../words.ts";

const STALE = ["actions", "incident"];
const ENDED_SHOWN = 50;

function touched({ blastRadius }: ActionView): string {
  return Object.values(blastRadius).flat().join(", ");
}

function UndoDialog({ action, onClose }: { readonly action: ActionView; readonly onClose: () => void }) {
  return (
    <ReasonDialog
      title={`Undo ${action.effector}?`}
      description={`What it changed on ${touched(action)} is put back. When that does not work at once, it is tried until it does.`}
      action="Undo"
      done="It is taken back, or tried until it is"
      role="commander"
      stale={STALE}
      send={(reason) => undoAction(action.id, reason)}
      onClose={onClose}
    />
  );
}

function Until({ action }: { readonly action: ActionView }) {
  if (!isLiveAction(action.state)) {
    return action.endedAt === null ? null : (
      <span>
        ended <Ago at={action.endedAt} />
      </span>
    );
  }
  if (action.expiresAt === null) return <span>until somebody undoes it</span>;
  return (
    <span>
      until <At at={action.expiresAt} />
    </span>
  );
}

function About({ action }: { readonly action: ActionView }) {
  return (
    <>
      <p className="hold-title">
        <StateBadge word={ACTION_WORDS[action.state]} />
        <strong className="wrap-anywhere">{action.effector}</strong>
        <span className="wrap-anywhere">{touched(action)}</span>
      </p>
      {action.message !== null && <p className="hold-reason wrap-anywhere">{action.message}</p>}
      <p className="row-sub">
        <Until action={action} />
        <span>
          <ActorName actor={action.requestedBy} />, <Ago at={action.requestedAt} />: {action.reason}
        </span>
        {action.verifiedAt !== null && isLiveAction(action.state) && (
          <span>
            seen in effect <Ago at={action.verifiedAt} />
          </span>
        )}
        {action.incidentId !== null && <Link href={incidentPath(action.incidentId)}>{action.incidentId}</Link>}
      </p>
      {action.endReason !== null && (
        <p className="hold-reason wrap-anywhere">
          {action.endedBy !== null && <ActorName actor={action.endedBy} />} took it back: {action.endReason}
        </p>
      )}
    </>
  );
}

function InForce({ action }: { readonly action: ActionView }) {
  const [isUndoing, setUndoing] = useState(false);
  const refusal = useRefusal("commander");
  const isBusy = action.state === "applying" ? "It is just being applied." : null;
  return (
    <li className="row approval-row" data-action={action.id}>
      <About action={action} />
      <div className="form-actions">
        <Button icon="back" disabledReason={refusal ?? isBusy} onClick={() => setUndoing(true)}>
          Undo
        </Button>
      </div>
      {isUndoing && <UndoDialog action={action} onClose={() => setUndoing(false)} />}
    </li>
  );
}

function Live({ actions }: { readonly actions: readonly ActionView[] }) {
  return (
    <Panel title="In force" icon="shield" tone="accent" aside={<span className="muted">{actions.length}</span>}>
      <p className="sr-only" role="status">
        {count(actions.length, "action")} in force
      </p>
      {actions.length === 0 ? (
        <Empty title="Nothing is in force">
          What is blocked, paused, locked or stopped by an action stands here, until when, and how to undo it. Stops of
          agents stand under the kill switch.
        </Empty>
      ) : (
        <ul className="rows">
          {actions.map((action) => (
            <InForce key={action.id} action={action} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Ended({ actions }: { readonly actions: readonly ActionView[] }) {
  if (actions.length === 0) return null;
  return (
    <Panel title="Over" icon="archive" aside={<span className="muted">{actions.length}</span>}>
      <ul className="rows">
        {actions.map((action) => (
          <li key={action.id} className="row approval-row">
            <About action={action} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What was done outside playbooks: what is in force, until when, and the way back. */
export default function ActionsPage() {
  const query = useQuery(actionsQuery);
  const [isActing, setActing] = useState(false);
  const refusal = useRefusal("responder");
  return (
    <Page
      title="Actions"
      lead="One effector at a time, without a playbook. What is in force is compared with the real world every minute."
      actions={
        <Button kind="primary" icon="bolt" disabledReason={refusal} onClick={() => setActing(true)}>
          Act…
        </Button>
      }
    >
      <Loaded query={query}>
        {({ items }) => (
          <>
            <Live actions={items.filter(({ state }) => isLiveAction(state))} />
            <Ended actions={items.filter(({ state }) => !isLiveAction(state)).slice(0, ENDED_SHOWN)} />
          </>
        )}
      </Loaded>
      {isActing && <ActDialog onClose={() => setActing(false)} />}
    </Page>
  );
}
