import type { BudgetView } from "@firebreak/protocol";
import { At } from "../../components/bits.tsx";
import { useDialogs } from "../../hooks/use-dialogs.ts";
import { useRefusal } from "../../hooks/use-me.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/layout.tsx";

const SHARED = { agent: "its own", pack: "shared by the pack", host: "shared by the host" } as const;
const NOW = { minute: "this minute", hour: "this hour", day: "today" } as const;
const DAY_MS = 86_400_000;

function BudgetRow({ budget: view }: { readonly budget: BudgetView }) {
  const open = useDialogs();
  const refusal = useRefusal("commander");
  const { budget, per, metric, window, taken, limit, windowEnd, windowStart, exhausted, inForce, reset } = view;
  const amounts = `${taken.toLocaleString("en")} of ${limit.toLocaleString("en")} ${metric} ${NOW[window]}`;
  const isLong = Date.parse(windowEnd) - Date.parse(windowStart) > DAY_MS / 2;
  return (
    <li className="row agent-row">
      <div className="agent-main">
        <p className="agent-name">
          <strong className="wrap-anywhere">{budget}</strong>
          <span className="muted">{SHARED[per]}</span>
          {!inForce && <Badge tone="neutral">No longer in the policy</Badge>}
        </p>
        <p className="row-sub">
          <span>{amounts}</span>
          <span>
            until <At at={windowEnd} withDay={isLong} />
          </span>
          {reset && (
            <span>
              begun anew by {reset.by} at <At at={reset.at} />
            </span>
          )}
        </p>
      </div>
      <div className="agent-state">
        {exhausted && <Badge tone="danger">Used up</Badge>}
        <progress
          className="budget-meter"
          max={1}
          value={limit === 0 ? 1 : Math.min(1, taken / limit)}
          aria-label={`${budget}: ${amounts}`}
        />
      </div>
      <div className="agent-actions">
        <Button data-row="" disabledReason={refusal} onClick={() => open({ kind: "reset-budget", budget: view })}>
          Begin anew…
        </Button>
      </div>
    </li>
  );
}

export function BudgetRows({ budgets }: { readonly budgets: readonly BudgetView[] }) {
  if (budgets.length === 0) {
    return (
      <Empty title="Nothing was taken of a budget" command="firebreak policy show">
        Budgets of this agent, its pack and the host stand here once a gate takes from them. What the policy says:
      </Empty>
    );
  }
  return (
    <ul className="rows">
      {budgets.map((budget) => (
        <BudgetRow key={`${budget.budget} ${budget.metric} ${budget.subject}`} budget={budget} />
      ))}
    </ul>
  );
}
