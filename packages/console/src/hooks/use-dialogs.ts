import { createContext, useContext } from "react";
import type {
  AlertView,
  BreakerView,
  BudgetView,
  Hold,
  HoldLevel,
  HoldScope,
  IncidentDetail,
  IncidentState,
  LegalHoldView,
  PersonErasure,
  RetentionNotice,
  SilenceView,
} from "@firebreak/protocol";

/** What a person has asked to see on top of the page; one at a time. */
export type DialogRequest =
  | { readonly kind: "palette" }
  | { readonly kind: "help" }
  | { readonly kind: "more" }
  | { readonly kind: "report" }
  | {
      readonly kind: "stop";
      readonly scope?: HoldScope;
      readonly target?: string;
      readonly level?: HoldLevel;
      readonly incidentId?: string;
      readonly reason?: string;
    }
  | { readonly kind: "resume"; readonly hold: Hold }
  | { readonly kind: "silence"; readonly match?: string }
  | { readonly kind: "expire"; readonly silence: SilenceView }
  | { readonly kind: "reset-budget"; readonly budget: BudgetView }
  | { readonly kind: "isolate-breaker"; readonly breaker: BreakerView }
  | { readonly kind: "close-breaker"; readonly breaker: BreakerView }
  | { readonly kind: "apply-legal-hold" }
  | { readonly kind: "find-person" }
  | { readonly kind: "erase-person"; readonly erasure: PersonErasure }
  | { readonly kind: "withdraw-erasure"; readonly erasure: PersonErasure }
  | { readonly kind: "release-legal-hold"; readonly hold: LegalHoldView }
  | { readonly kind: "cancel-notice"; readonly notice: RetentionNotice }
  | { readonly kind: "reveal"; readonly eventId: string }
  | { readonly kind: "resolve-alert"; readonly alert: AlertView }
  | { readonly kind: "acknowledge"; readonly incident: IncidentDetail }
  | { readonly kind: "resolve"; readonly incident: IncidentDetail }
  | { readonly kind: "severity"; readonly incident: IncidentDetail }
  | { readonly kind: "state"; readonly incident: IncidentDetail; readonly to?: IncidentState };

export type OpenDialog = (request: DialogRequest) => void;

export const DialogContext = createContext<OpenDialog>(() => undefined);

export const useDialogs = () => useContext(DialogContext);
