import type { BreakerView, BudgetView } from "@firebreak/protocol";
import { closeBreaker, isolateBreaker, resetBudget } from "../api/commands.ts";
import { ReasonDialog } from "./reason-dialog.tsx";

const STALE = ["budgets", "breakers"];

export function ResetBudgetDialog({ budget: view, onClose }: { budget: BudgetView; onClose: () => void }) {
  const { budget, subject, metric, taken, limit, window } = view;
  return (
    <ReasonDialog
      title="Begin the budget anew"
      description={`${budget} of ${subject}: ${taken} of ${limit} ${metric} are taken. All ${limit} may be spent again in the rest of this ${window}.`}
      action="Begin anew"
      done="The budget begins anew"
      role="commander"
      stale={STALE}
      send={(reason) => resetBudget({ budget, subject, metric, reason })}
      onClose={onClose}
    />
  );
}

interface BreakerDialogProps {
  readonly breaker: BreakerView;
  readonly onClose: () => void;
}

export function IsolateBreakerDialog({ breaker: { breaker, per, subject }, onClose }: BreakerDialogProps) {
  return (
    <ReasonDialog
      title={`Isolate the ${per} ${subject}`}
      description="Gates on the server's host deny every act with it until a commander closes the breaker again. No time ends it."
      action="Isolate"
      done={`The ${per} ${subject} is isolated`}
      stale={STALE}
      send={(reason) => isolateBreaker({ breaker, subject, reason })}
      onClose={onClose}
    />
  );
}

export function CloseBreakerDialog({ breaker: { breaker, per, subject, reason: why }, onClose }: BreakerDialogProps) {
  return (
    <ReasonDialog
      title={`Let the ${per} ${subject} act again`}
      description={`It is off: ${why ?? "no reason was given"}. Acts pass at once; new failures count from nothing.`}
      action="Allow again"
      done={`The ${per} ${subject} may act again`}
      role="commander"
      stale={STALE}
      send={(reason) => closeBreaker({ breaker, subject, reason })}
      onClose={onClose}
    />
  );
}
