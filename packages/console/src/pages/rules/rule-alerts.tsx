import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import type { RuleAlert, RuleDetail } from "@firebreak/protocol";
import { markFalsePositive, unmarkFalsePositive } from "../../api/commands.ts";
import { ActorName, Ago, ProblemNotice } from "../../components/bits.tsx";
import { useAct } from "../../hooks/use-act.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { incidentPath } from "../../navigation.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/fields.tsx";
import { Empty, Panel } from "../../ui/layout.tsx";
import { count } from "../../words.ts";

const STALE = ["rule", "rules", "incident", "alerts"];
const REASON_MIN = 3;

/** Asks why nothing was wrong. */
function MarkForm({ alertId, onDone }: { readonly alertId: string; readonly onDone: () => void }) {
  const [reason, setReason] = useState("");
  const act = useAct(() => markFalsePositive(alertId, reason.trim()), { stale: STALE, onDone });
  const missing = reason.trim().length < REASON_MIN ? "Write a reason of at least three characters." : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (missing === null && !act.isPending) act.mutate();
  };
  return (
    <form className="form" onSubmit={submit}>
      <TextField
        label="Why was nothing wrong?"
        hint="Whoever tunes the rule reads this. The alert and its incident stay what they are."
        value={reason}
        autoFocus
        onChange={(event) => setReason(event.target.value)}
      />
      <ProblemNotice error={act.error} />
      <div className="form-actions form-actions-start">
        <Button type="submit" kind="primary" busy={act.isPending} disabledReason={missing}>
          Mark as false
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </div>
    </form>
  );
}

function Mark({ alert }: { readonly alert: RuleAlert }) {
  const [isOpen, setOpen] = useState(false);
  const refusal = useRefusal("responder");
  const unmark = useAct(() => unmarkFalsePositive(alert.alertId), { stale: STALE, inToast: true });
  const mark = alert.falsePositive;
  if (mark !== null)
    return (
      <div className="rule-mark">
        <p className="wrap-anywhere">
          <Badge tone="warn">False</Badge> {mark.reason}
        </p>
        <p className="row-sub">
          <ActorName actor={mark.by} />
          <Ago at={mark.at} />
        </p>
        <Button busy={unmark.isPending} disabledReason={refusal} onClick={() => unmark.mutate()}>
          Take back
        </Button>
      </div>
    );
  if (isOpen) return <MarkForm alertId={alert.alertId} onDone={() => setOpen(false)} />;
  return (
    <div className="rule-mark">
      <Button disabledReason={refusal} onClick={() => setOpen(true)}>
        False alert…
      </Button>
    </div>
  );
}

/** What the rule raised lately, and what of it was false. */
export function RuleAlerts({ rule }: { readonly rule: RuleDetail }) {
  const shown = new Set(rule.recentAlerts.map(({ alertId }) => alertId));
  const alerts = [...rule.recentAlerts, ...rule.marks.filter(({ alertId }) => !shown.has(alertId))];
  const summary = `${rule.falsePositives} of ${count(rule.alerts30d, "alert")} false in 30 days`;
  return (
    <Panel title="Alerts" icon="bolt" aside={<span className="muted">{summary}</span>}>
      {alerts.length === 0 ? (
        <Empty title="It raised none yet">Alerts that turn out to be false are marked here, and counted.</Empty>
      ) : (
        <ul className="rows">
          {alerts.map((alert) => (
            <li key={alert.alertId} className="row history-row">
              <p className="wrap-anywhere">{alert.sentence}</p>
              <p className="row-sub">
                <Ago at={alert.at} />
                {alert.agentId !== null && <span>{alert.agentId}</span>}
                {alert.occurrences > 1 && <span>{count(alert.occurrences, "time")}</span>}
                {alert.incidentId !== null && <Link href={incidentPath(alert.incidentId)}>{alert.incidentId}</Link>}
              </p>
              <Mark alert={alert} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
