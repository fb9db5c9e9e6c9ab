/** Everything the console can do to the server, one function per act. */
import type {
  ApprovalAnswer,
  BreakGlassRequest,
  ExportFormat,
  HoldLevel,
  HoldScope,
  IncidentState,
  IncidentType,
  MarkAct,
  Metric,
  ReviewApprovalRequest,
  Role,
  Severity,
  SilenceKind,
  SourceKind,
  TimelineView,
} from "@firebreak/protocol";
import { client, expectDone, unwrap } from "./client.ts";
import type {
  NewActionRequest,
  NewLegalHoldRequest,
  paths,
  NewPersonErasureRequest,
  ReleaseLegalHoldRequest,
  ReplayRequest,
  TryRequest,
} from "./paths.generated.ts";

const byId = (id: string) => ({ params: { path: { id } } });

export const signIn = (name: string, password: string) =>
  unwrap(client.POST("/api/v1/sign-in", { body: { name, password } }));
export const signInByLink = (token: string) => unwrap(client.POST("/api/v1/sign-in/link", { body: { token } }));
export const signOut = () => expectDone(client.POST("/api/v1/sign-out"));
export const setPassword = (password: string, currentPassword?: string) =>
  expectDone(
    client.POST("/api/v1/me/password", {
      body: { password, ...(currentPassword === undefined ? {} : { currentPassword }) },
    }),
  );

export interface IncidentReport {
  readonly title: string;
  readonly severity: Severity;
  readonly type: IncidentType;
  readonly agentId?: string;
  readonly summary?: string;
}
export const reportIncident = (report: IncidentReport) => unwrap(client.POST("/api/v1/incidents", { body: report }));
export const acknowledgeIncident = (id: string) => unwrap(client.POST("/api/v1/incidents/{id}/acknowledge", byId(id)));
export const resolveIncident = (id: string, summary: string, rootCause: string) =>
  unwrap(
    client.POST("/api/v1/incidents/{id}/resolve", {
      ...byId(id),
      body: { summary, ...(rootCause === "" ? {} : { rootCause }) },
    }),
  );
export const addNote = (id: string, text: string) =>
  unwrap(client.POST("/api/v1/incidents/{id}/note", { ...byId(id), body: { text } }));
export const markTimeline = (id: string, ref: string, act: MarkAct, text: string | undefined) =>
  expectDone(
    client.POST("/api/v1/incidents/{id}/timeline/marks", {
      ...byId(id),
      body: { ref, act, ...(text === undefined ? {} : { text }) },
    }),
  );
export const exportTimeline = (id: string, format: ExportFormat, view: TimelineView) =>
  unwrap(client.POST("/api/v1/incidents/{id}/timeline/export", { ...byId(id), body: { format, view } }));
export const refreshImpact = (id: string) => unwrap(client.POST("/api/v1/incidents/{id}/impact", byId(id)));
export const exportImpact = (id: string, format: ExportFormat) =>
  unwrap(client.POST("/api/v1/incidents/{id}/impact/export", { ...byId(id), body: { format } }));
export const changeSeverity = (id: string, severity: Severity, reason: string) =>
  unwrap(client.POST("/api/v1/incidents/{id}/severity", { ...byId(id), body: { severity, reason } }));
export const changeState = (id: string, state: IncidentState, reason: string) =>
  unwrap(client.POST("/api/v1/incidents/{id}/state", { ...byId(id), body: { state, reason } }));
export const draftReview = (id: string) => unwrap(client.POST("/api/v1/incidents/{id}/review", byId(id)));

export interface NewSilence {
  readonly kind: SilenceKind;
  readonly match: string;
  readonly reason: string;
  readonly endsAt: string;
  readonly muteEverything: boolean;
}
export const createSilence = (silence: NewSilence) => unwrap(client.POST("/api/v1/silences", { body: silence }));
export const expireSilence = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/silences/{id}/expire", { ...byId(id), body: { reason } }));
export const acknowledgeAlert = (id: string) => unwrap(client.POST("/api/v1/alerts/{id}/acknowledge", byId(id)));
export const resolveAlert = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/alerts/{id}/resolve", { ...byId(id), body: { reason } }));

/** A stop as the console asks for it; what is left out is left out. */
export interface NewStop {
  readonly scope: HoldScope;
  readonly target?: string;
  readonly level?: HoldLevel;
  readonly reason: string;
  readonly incidentId?: string;
  readonly confirmation?: string;
  readonly expiresInSeconds?: number;
  readonly drill?: boolean;
}
export const stopAgents = (stop: NewStop) => unwrap(client.POST("/api/v1/killswitch/stop", { body: stop }));
export const resumeHold = (id: string, reason: string, checked: string[]) =>
  unwrap(client.POST("/api/v1/killswitch/holds/{id}/resume", { ...byId(id), body: { reason, checked } }));

export interface Answer {
  readonly answer: ApprovalAnswer;
  readonly reason: string;
  /** of what was shown */
  readonly digest: string;
  readonly checked: string[];
}
export const answerApproval = (id: string, answer: Answer) =>
  unwrap(client.POST("/api/v1/approvals/{id}/answer", { ...byId(id), body: answer }));
export const breakGlass = (id: string, body: BreakGlassRequest) =>
  unwrap(client.POST("/api/v1/approvals/{id}/break-glass", { ...byId(id), body }));
export const reviewApproval = (id: string, body: ReviewApprovalRequest) =>
  unwrap(client.POST("/api/v1/approvals/{id}/review", { ...byId(id), body }));
export const openAnswerLink = (token: string) => unwrap(client.POST("/api/v1/answer-links/open", { body: { token } }));
export const answerByLink = (token: string, answer: Answer) =>
  unwrap(client.POST("/api/v1/answer-links/answer", { body: { token, ...answer } }));
export const previewAction = (name: string, parameters: Record<string, unknown>) =>
  unwrap(client.POST("/api/v1/effectors/{name}/preview", { params: { path: { name } }, body: { parameters } }));
export const applyAction = (action: NewActionRequest) => unwrap(client.POST("/api/v1/actions", { body: action }));
export const undoAction = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/actions/{id}/undo", { ...byId(id), body: { reason } }));
export const getReceipt = (id: string) => unwrap(client.GET("/api/v1/receipts/{id}", byId(id)));
export const getReceiptAddendum = (id: string) => unwrap(client.GET("/api/v1/receipts/{id}/addendum", byId(id)));

interface BreakerAct {
  readonly breaker: string;
  readonly subject: string;
  readonly reason: string;
}
export const resetBudget = (body: { budget: string; subject: string; metric: Metric; reason: string }) =>
  unwrap(client.POST("/api/v1/budgets/reset", { body }));
export const isolateBreaker = (body: BreakerAct) => unwrap(client.POST("/api/v1/breakers/isolate", { body }));
export const closeBreaker = (body: BreakerAct) => unwrap(client.POST("/api/v1/breakers/close", { body }));

export const verifyEvidence = (id: string) => unwrap(client.POST("/api/v1/evidence/{id}/verify", byId(id)));
export const transferEvidence = (id: string, body: { readonly to: string; readonly reason: string }) =>
  unwrap(client.POST("/api/v1/evidence/{id}/transfers", { ...byId(id), body }));
export const retryDelivery = (id: string) => unwrap(client.POST("/api/v1/deliveries/{id}/retry", byId(id)));

export interface TokenRequest {
  readonly name: string;
  readonly access: Role | "agent";
  /** whom the token speaks for; exactly when the access is agent */
  readonly agentId?: string;
  readonly expiresInDays?: number;
}
export const createToken = (request: TokenRequest) => unwrap(client.POST("/api/v1/tokens", { body: request }));
export const revokeToken = (id: string) => expectDone(client.DELETE("/api/v1/tokens/{id}", byId(id)));

const byName = (name: string) => ({ params: { path: { name } } });
export const createSource = (source: { readonly name: string; readonly kind: SourceKind }) =>
  unwrap(client.POST("/api/v1/sources", { body: source }));
export type SourceChange = paths["/api/v1/sources/{name}/change"]["post"]["requestBody"]["content"]["application/json"];
export const changeSource = (name: string, body: SourceChange) =>
  unwrap(client.POST("/api/v1/sources/{name}/change", { ...byName(name), body }));
export const rotateSource = (name: string) =>
  unwrap(client.POST("/api/v1/sources/{name}/rotate", { ...byName(name), body: {} }));
export const removeSource = (name: string) => expectDone(client.DELETE("/api/v1/sources/{name}", byName(name)));
export const tryRules = (request: TryRequest) => unwrap(client.POST("/api/v1/rules/try", { body: request }));
export const runRuleCases = (id: string) => unwrap(client.GET("/api/v1/rules/{id}/cases", byId(id)));
export const requestReplay = (request: ReplayRequest) => unwrap(client.POST("/api/v1/replays", { body: request }));
export const cancelReplay = (id: string) => unwrap(client.POST("/api/v1/replays/{id}/cancel", byId(id)));
export const markFalsePositive = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/alerts/{id}/false-positive", { ...byId(id), body: { reason } }));
export const unmarkFalsePositive = (id: string) =>
  unwrap(client.DELETE("/api/v1/alerts/{id}/false-positive", byId(id)));

export const revealOriginals = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/events/{id}/reveal", { ...byId(id), body: { reason } }));

export const findPerson = (body: NewPersonErasureRequest) => unwrap(client.POST("/api/v1/person-erasures", { body }));
export const carryOutPersonErasure = (id: string, body: { alone: boolean }) =>
  unwrap(client.POST("/api/v1/person-erasures/{id}/carry-out", { ...byId(id), body }));
export const withdrawPersonErasure = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/person-erasures/{id}/withdraw", { ...byId(id), body: { reason } }));
export const applyLegalHold = (body: NewLegalHoldRequest) => unwrap(client.POST("/api/v1/legal-holds", { body }));
export const releaseLegalHold = (id: string, body: ReleaseLegalHoldRequest) =>
  unwrap(client.POST("/api/v1/legal-holds/{id}/release", { ...byId(id), body }));
export const cancelRetentionNotice = (id: string, reason: string) =>
  unwrap(client.POST("/api/v1/retention/notices/{id}/cancel", { ...byId(id), body: { reason } }));

/** Sends the log's newest checkpoint to every place of the profile. */
export const shipHeads = () => unwrap(client.POST("/api/v1/audit/ship"));
