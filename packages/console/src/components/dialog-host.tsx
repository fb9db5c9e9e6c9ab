import type { DialogRequest } from "../hooks/use-dialogs.ts";
import { useRegistry } from "../hooks/use-commands.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ExpireDialog, ResolveAlertDialog, SilenceDialog } from "./alert-dialogs.tsx";
import { AcknowledgeDialog, ReportDialog, ResolveDialog, SeverityDialog, StateDialog } from "./dialogs.tsx";
import { HelpDialog, MoreDialog } from "./help.tsx";
import { CloseBreakerDialog, IsolateBreakerDialog, ResetBudgetDialog } from "./ledger-dialogs.tsx";
import { Palette } from "./palette.tsx";
import { ErasePersonDialog, FindPersonDialog, WithdrawErasureDialog } from "./person-dialogs.tsx";
import { ApplyLegalHoldDialog, CancelNoticeDialog, ReleaseLegalHoldDialog } from "./retention-dialogs.tsx";
import { ResumeDialog } from "./resume-dialog.tsx";
import { RevealDialog } from "./reveal-dialog.tsx";
import { StopForm } from "./stop-form.tsx";

interface DialogHostProps {
  readonly request: DialogRequest | null;
  readonly onClose: () => void;
}

/** Shows the one dialog that is asked for. */
export function DialogHost({ request, onClose }: DialogHostProps) {
  const registry = useRegistry();
  if (request === null) return null;
  switch (request.kind) {
    case "palette":
      return <Palette commands={registry.all()} onClose={onClose} />;
    case "help":
      return <HelpDialog commands={registry.all()} onClose={onClose} />;
    case "more":
      return <MoreDialog commands={registry.all()} onClose={onClose} />;
    case "report":
      return <ReportDialog onClose={onClose} />;
    case "stop": {
      const { kind: _, ...preset } = request;
      return (
        <Dialog open wide onClose={onClose} title="Stop agents">
          <StopForm {...preset} onClose={onClose} />
        </Dialog>
      );
    }
    case "resume":
      return <ResumeDialog hold={request.hold} onClose={onClose} />;
    case "silence":
      return <SilenceDialog match={request.match} onClose={onClose} />;
    case "expire":
      return <ExpireDialog silence={request.silence} onClose={onClose} />;
    case "reset-budget":
      return <ResetBudgetDialog budget={request.budget} onClose={onClose} />;
    case "isolate-breaker":
      return <IsolateBreakerDialog breaker={request.breaker} onClose={onClose} />;
    case "close-breaker":
      return <CloseBreakerDialog breaker={request.breaker} onClose={onClose} />;
    case "find-person":
      return <FindPersonDialog onClose={onClose} />;
    case "erase-person":
      return <ErasePersonDialog erasure={request.erasure} onClose={onClose} />;
    case "withdraw-erasure":
      return <WithdrawErasureDialog erasure={request.erasure} onClose={onClose} />;
    case "apply-legal-hold":
      return <ApplyLegalHoldDialog onClose={onClose} />;
    case "release-legal-hold":
      return <ReleaseLegalHoldDialog hold={request.hold} onClose={onClose} />;
    case "cancel-notice":
      return <CancelNoticeDialog notice={request.notice} onClose={onClose} />;
    case "reveal":
      return <RevealDialog eventId={request.eventId} onClose={onClose} />;
    case "resolve-alert":
      return <ResolveAlertDialog alert={request.alert} onClose={onClose} />;
    case "acknowledge":
      return <AcknowledgeDialog incident={request.incident} onClose={onClose} />;
    case "resolve":
      return <ResolveDialog incident={request.incident} onClose={onClose} />;
    case "severity":
      return <SeverityDialog incident={request.incident} onClose={onClose} />;
    case "state":
      return <StateDialog incident={request.incident} to={request.to} onClose={onClose} />;
    default:
      return request satisfies never;
  }
}
