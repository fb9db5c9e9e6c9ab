import type { SupervisedCaller } from "../containment/index.ts";
import type { Writable } from "node:stream";
import type {
  ActionPreview,
  ActionPreviewRequest,
  ActionView,
  EffectorView,
  ErasurePreview,
  ErasurePreviewRequest,
  ErasureRequest,
  ErasureView,
  KeyRotationView,
  OriginalsView,
  RevealRequest,
  RevealView,
  NewActionRequest,
  AgentCoverage,
  AgentView,
  AlertView,
  AnswerApprovalRequest,
  AnswerByLinkRequest,
  AnswerLinkView,
  ApprovalView,
  BreakerRequest,
  BreakerView,
  BudgetView,
  ChangeView,
  ContainmentReport,
  ContainmentView,
  DeliveryView,
  DetectionView,
  EventFacets,
  EventHistogram,
  EventPage,
  ErrorCode,
  GuardView,
  IncidentDetail,
  IncidentGuidance,
  IncidentSummary,
  IntakeReceipt,
  ExportedDocument,
  ImpactExportRequest,
  ImpactView,
  InvestigationTimeline,
  TimelineExportRequest,
  TimelineMarkRequest,
  KillswitchView,
  MeView,
  NewSourceView,
  Overview,
  PacksStatus,
  ReactionView,
  PolicyView,
  RefusalView,
  ReceiptSummary,
  ReplayRequest,
  ReplaySummary,
  ReplayView,
  ResetBudgetRequest,
  ResumeReceipt,
  ResumeRequest,
  ReviewView,
  RuleCasesView,
  RuleDetail,
  RulesView,
  RunView,
  SessionView,
  SignedReceipt,
  SilencePreview,
  SilenceView,
  SourceDetail,
  SourceTestView,
  SourceView,
  StopPreview,
  StopReceipt,
  SyslogView,
  TailsView,
  StopRequest,
  SwitchRequest,
  SwitchView,
  TokenView,
  TryRequest,
  TryView,
  healthView,
  newTokenView,
  readinessView,
  userView,
  StormAgent,
} from "@firebreak/protocol";
import type { z } from "zod";
import type { AuditApi } from "./audit-api.ts";
import type { DrillApi } from "./drill-api.ts";
import type { EvidenceApi } from "./evidence-api.ts";
import type { ExplorerApi } from "./explorer-api.ts";
import type { IndicatorApi } from "./indicator-api.ts";
import type { PlaybookApi } from "./playbook-api.ts";
import type {
  Caller,
  NewSignInLinkRequest,
  NewTokenRequest,
  NewUserRequest,
  PasswordRequest,
  SignInLinkRequest,
  SignInRequest,
} from "../access/index.ts";
import type {
  ActionsQuery,
  AlertsQuery,
  ApprovalsQuery,
  CompleteStepRequest,
  ContainmentReportQuery,
  EventFacetsQuery,
  EventFeedQuery,
  EventHistogramQuery,
  EventsQuery,
  GateFeedQuery,
  ImpactQuery,
  IncidentsQuery,
  LedgerQuery,
  NewIncidentRequest,
  NewSessionRequest,
  NewSilenceRequest,
  NoteRequest,
  OfIncidentQuery,
  OriginalsQuery,
  PageQuery,
  PreviewRequest,
  ReactionsQuery,
  ReasonRequest,
  RefusalsQuery,
  ResolveRequest,
  SessionStateRequest,
  SessionsQuery,
  SeverityRequest,
  SilencePreviewRequest,
  SilencesQuery,
  StateRequest,
  StopReportRequest,
  TestSourceRequest,
  TimelineQuery,
  StormAgentsQuery,
} from "./requests.ts";
import type {
  Endpoint,
  RotateSourceRequest,
  WireAnswer,
  WireRequest,
  changeSourceRequest,
  newSourceRequest,
} from "../senders/index.ts";
import type { RetentionServices } from "./retention-services.ts";
import type { RunServices } from "./run-services.ts";
import type { newSessionView, signInLinkView } from "./schemas.ts";

/** One page of a list; `next` goes back as `after` until it is null. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** A new web session: the cookie's value (never stored), when it ends at the latest, and who signed in. */
export interface SignedIn {
  readonly cookie: string;
  readonly expiresAtMs: number;
  readonly me: MeView;
}

/** Somebody who may not tried what the audit log has to know of. */
export interface RefusedAttempt {
  /** null: nobody that is known here */
  readonly caller: Caller | null;
  /** `stop`, `resumeHold`, `answerApproval` … */
  readonly operationId: string;
  readonly address: string;
  readonly code: ErrorCode;
}

/** A process of an agent asked for what only people may, with a credential of theirs. */
export interface SupervisedAttempt extends Omit<RefusedAttempt, "code"> {
  /** null: it hung up before it could be told which agent it was */
  readonly agent: SupervisedCaller | null;
}

export interface WithId {
  readonly id: string;
}

export interface WithName {
  readonly name: string;
}

/** A batch as it came: the bytes, and the media type without parameters. */
export interface RawBatch {
  readonly body: Buffer;
  readonly contentType: "application/json" | "application/x-ndjson";
}

/** A request of OTLP/HTTP as it came, without its Content-Encoding. */
export interface OtlpRequest {
  readonly signal: "traces" | "logs" | "metrics";
  readonly encoding: "protobuf" | "json";
  readonly body: Buffer;
}

/** Records that were refused, with why; the others are stored. */
export interface OtlpResult {
  readonly rejected: number;
  readonly message: string;
}

/** An answer that goes on for as long as the caller listens. */
export interface Feed {
  readonly headers: Readonly<Record<string, string>>;
  /** Takes the answer's stream over. @throws FirebreakError before anything was written */
  start(stream: Writable, isStillAllowed: () => Promise<boolean>): void;
}

/**
 * What the API needs of the house, one function for each use. The composition root implements it. Roles were checked
 * at the door; an expected refusal is thrown as `FirebreakError` (`not_found`, `conflict`, `forbidden` …).
 */
export interface ApiServices
  extends AuditApi, DrillApi, EvidenceApi, ExplorerApi, IndicatorApi, PlaybookApi, RetentionServices, RunServices {
  health(): z.infer<typeof healthView>;
  /** @returns the text format of Prometheus */
  readMetrics(): Promise<string>;
  checkReadiness(): Promise<z.infer<typeof readinessView>>;

  /** @param address where the attempt comes from, for the rate limit */
  signIn(request: SignInRequest, address: string): Promise<SignedIn>;
  signInByLink(request: SignInLinkRequest, address: string): Promise<SignedIn>;
  createSignInLink(caller: Caller, request: NewSignInLinkRequest): Promise<z.infer<typeof signInLinkView>>;
  signOut(caller: Caller): Promise<void>;
  getMe(caller: Caller): Promise<MeView>;
  setPassword(caller: Caller, request: PasswordRequest): Promise<MeView>;

  getOverview(caller: Caller): Promise<Overview>;

  /**
   * Stores what is good of a batch and names each line that is not. An agent's token reports only for its own agent
   * and session: other lines are rejected (`refuseReporter` of the access room says why).
   */
  acceptEvents(caller: Caller, batch: RawBatch): Promise<IntakeReceipt>;
  /** Stores an OTLP request's records as events, by the field map `otlp-genai`. */
  acceptOtlp(caller: Caller, request: OtlpRequest): Promise<OtlpResult>;
  listTails(caller: Caller): Promise<TailsView>;
  listSyslogListeners(caller: Caller): Promise<SyslogView>;
  listEvents(caller: Caller, query: EventsQuery): Promise<EventPage>;
  followEvents(caller: Caller, query: EventFeedQuery): Promise<Feed>;
  getEventHistogram(caller: Caller, query: EventHistogramQuery): Promise<EventHistogram>;
  getEventFacets(caller: Caller, query: EventFacetsQuery): Promise<EventFacets>;

  showOriginals(caller: Caller, request: OriginalsQuery & WithId): Promise<OriginalsView>;
  /** Who saw what and why is in the audit log before the values are given. */
  revealOriginals(caller: Caller, request: RevealRequest & WithId): Promise<RevealView>;
  previewErasure(caller: Caller, request: ErasurePreviewRequest): Promise<ErasurePreview>;
  eraseOriginals(caller: Caller, request: ErasureRequest): Promise<ErasureView>;
  listErasures(caller: Caller, query: PageQuery): Promise<Page<ErasureView>>;
  rotateOriginalsKey(caller: Caller): Promise<KeyRotationView>;

  getPolicy(caller: Caller): Promise<PolicyView>;
  listBudgets(caller: Caller, query: LedgerQuery): Promise<Page<BudgetView>>;
  resetBudget(caller: Caller, request: ResetBudgetRequest): Promise<Page<BudgetView>>;
  listBreakers(caller: Caller, query: LedgerQuery): Promise<Page<BreakerView>>;
  isolateBreaker(caller: Caller, request: BreakerRequest): Promise<BreakerView>;
  closeBreaker(caller: Caller, request: BreakerRequest): Promise<BreakerView>;

  registerSession(caller: Caller, request: NewSessionRequest): Promise<z.infer<typeof newSessionView>>;
  listSessions(caller: Caller, query: SessionsQuery): Promise<Page<SessionView>>;
  recordSessionState(caller: Caller, request: SessionStateRequest & WithId): Promise<SessionView>;
  beatSession(caller: Caller, request: WithId): Promise<SessionView>;

  listCoverage(caller: Caller, query: PageQuery): Promise<Page<AgentCoverage>>;
  listAgents(caller: Caller, query: PageQuery): Promise<Page<AgentView>>;
  getAgent(caller: Caller, request: WithId): Promise<AgentView>;

  listAlerts(caller: Caller, query: AlertsQuery): Promise<Page<AlertView>>;
  getAlert(caller: Caller, request: WithId): Promise<AlertView>;
  acknowledgeAlert(caller: Caller, request: WithId): Promise<AlertView>;
  resolveAlert(caller: Caller, request: ReasonRequest & WithId): Promise<AlertView>;

  listApprovals(caller: Caller, query: ApprovalsQuery): Promise<Page<ApprovalView>>;
  getApproval(caller: Caller, request: WithId): Promise<ApprovalView>;
  answerApproval(caller: Caller, request: AnswerApprovalRequest & WithId): Promise<ApprovalView>;
  openAnswerLink(token: string, address: string): Promise<AnswerLinkView>;
  answerByLink(request: AnswerByLinkRequest, address: string): Promise<AnswerLinkView>;

  listSilences(caller: Caller, query: SilencesQuery): Promise<Page<SilenceView>>;
  getSilence(caller: Caller, request: WithId): Promise<SilenceView>;
  previewSilence(caller: Caller, request: SilencePreviewRequest): Promise<SilencePreview>;
  createSilence(caller: Caller, request: NewSilenceRequest): Promise<SilenceView>;
  expireSilence(caller: Caller, request: ReasonRequest & WithId): Promise<SilenceView>;

  listIncidents(caller: Caller, query: IncidentsQuery): Promise<Page<IncidentSummary>>;
  getIncident(caller: Caller, request: WithId): Promise<IncidentDetail>;
  /** Who is in a storm. */
  listStormAgents(caller: Caller, query: StormAgentsQuery & WithId): Promise<Page<StormAgent>>;
  /** The playbooks that fit, and who is brought in. */
  getGuidance(caller: Caller, request: WithId): Promise<IncidentGuidance>;
  reportIncident(caller: Caller, request: NewIncidentRequest): Promise<IncidentDetail>;
  acknowledgeIncident(caller: Caller, request: WithId): Promise<IncidentDetail>;
  resolveIncident(caller: Caller, request: ResolveRequest & WithId): Promise<IncidentDetail>;
  addNote(caller: Caller, request: NoteRequest & WithId): Promise<IncidentDetail>;
  changeSeverity(caller: Caller, request: SeverityRequest & WithId): Promise<IncidentDetail>;
  changeIncidentState(caller: Caller, request: StateRequest & WithId): Promise<IncidentDetail>;
  getTimeline(caller: Caller, query: TimelineQuery & WithId): Promise<InvestigationTimeline>;
  /** Pins, hides or annotates an entry of the curated view. */
  markTimeline(caller: Caller, request: TimelineMarkRequest & WithId): Promise<void>;
  exportTimeline(caller: Caller, request: TimelineExportRequest & WithId): Promise<ExportedDocument>;
  getImpact(caller: Caller, query: ImpactQuery & WithId): Promise<ImpactView>;
  /** Works it out anew; a new version is kept when something changed. */
  refreshImpact(caller: Caller, request: WithId): Promise<ImpactView>;
  exportImpact(caller: Caller, request: ImpactExportRequest & WithId): Promise<ExportedDocument>;
  getReview(caller: Caller, request: WithId): Promise<ReviewView>;
  draftReview(caller: Caller, request: WithId): Promise<ReviewView>;

  /** Takes what a supervisor on another host says came of a hold. */
  reportStop(caller: Caller, request: StopReportRequest & WithId): Promise<void>;
  /** What is stopped, and a lease to act, for as long as the caller listens. */
  openGateFeed(caller: Caller, query: GateFeedQuery): Promise<Feed>;

  getKillswitch(caller: Caller): Promise<KillswitchView>;
  /** Keeps who tried to use the kill switch or to answer an approval and may not. */
  noteRefusal(attempt: RefusedAttempt): Promise<void>;
  /** Keeps, and tells people, that a process of an agent holds an operator's credential. */
  noteSupervisedCaller(attempt: SupervisedAttempt): Promise<void>;
  previewStop(caller: Caller, request: PreviewRequest): Promise<StopPreview>;
  stop(caller: Caller, request: StopRequest): Promise<StopReceipt>;
  resumeHold(caller: Caller, request: ResumeRequest & WithId): Promise<ResumeReceipt>;
  /** @param pack null switches everything */
  listReceipts(caller: Caller, query: PageQuery): Promise<Page<ReceiptSummary>>;
  getReceipt(caller: Caller, request: WithId): Promise<SignedReceipt>;
  getReceiptAddendum(caller: Caller, request: WithId): Promise<SignedReceipt>;
  switchAgents(caller: Caller, request: SwitchRequest & { readonly pack: string | null }): Promise<SwitchView>;
  getPacksStatus(caller: Caller): Promise<PacksStatus>;

  listEffectors(caller: Caller): Promise<Page<EffectorView>>;
  previewAction(caller: Caller, request: ActionPreviewRequest & WithName): Promise<ActionPreview>;
  applyAction(caller: Caller, request: NewActionRequest): Promise<ActionView>;
  listActions(caller: Caller, query: ActionsQuery): Promise<Page<ActionView>>;
  getAction(caller: Caller, request: WithId): Promise<ActionView>;
  undoAction(caller: Caller, request: ReasonRequest & WithId): Promise<ActionView>;

  listRuns(caller: Caller, query: OfIncidentQuery): Promise<Page<RunView>>;
  getRun(caller: Caller, request: WithId): Promise<RunView>;
  completeStep(caller: Caller, request: CompleteStepRequest & WithId & { readonly step: string }): Promise<RunView>;
  abortRun(caller: Caller, request: ReasonRequest & WithId): Promise<RunView>;

  listDeliveries(caller: Caller, query: OfIncidentQuery): Promise<Page<DeliveryView>>;
  retryDelivery(caller: Caller, request: WithId): Promise<DeliveryView>;

  getDetection(caller: Caller): Promise<DetectionView>;
  getGuard(caller: Caller): Promise<GuardView>;
  getContainment(caller: Caller): Promise<ContainmentView>;
  reportContainment(caller: Caller, query: ContainmentReportQuery): Promise<ContainmentReport>;
  listReactions(caller: Caller, query: ReactionsQuery): Promise<Page<ReactionView>>;
  getReaction(caller: Caller, request: WithId): Promise<ReactionView>;
  listRules(caller: Caller): Promise<RulesView>;
  getRule(caller: Caller, request: WithId): Promise<RuleDetail>;
  runRuleCases(caller: Caller, request: WithId): Promise<RuleCasesView>;
  tryRules(caller: Caller, request: TryRequest): Promise<TryView>;
  listReplays(caller: Caller): Promise<Page<ReplaySummary>>;
  requestReplay(caller: Caller, request: ReplayRequest): Promise<ReplayView>;
  getReplay(caller: Caller, request: WithId): Promise<ReplayView>;
  cancelReplay(caller: Caller, request: WithId): Promise<ReplayView>;
  markFalsePositive(caller: Caller, request: ReasonRequest & WithId): Promise<AlertView>;
  unmarkFalsePositive(caller: Caller, request: WithId): Promise<AlertView>;

  /** Answers a sender of another vendor, as that vendor would. */
  answerSender(endpoint: Endpoint, request: WireRequest): Promise<WireAnswer>;
  listSources(caller: Caller): Promise<Page<SourceView>>;
  getSource(caller: Caller, request: WithName): Promise<SourceDetail>;
  createSource(caller: Caller, request: z.output<typeof newSourceRequest>): Promise<NewSourceView>;
  changeSource(caller: Caller, name: string, request: z.output<typeof changeSourceRequest>): Promise<SourceDetail>;
  rotateSource(caller: Caller, request: RotateSourceRequest & WithName): Promise<NewSourceView>;
  removeSource(caller: Caller, request: WithName): Promise<void>;
  testSource(caller: Caller, request: TestSourceRequest & WithName): Promise<SourceTestView>;
  listRefusals(caller: Caller, query: RefusalsQuery): Promise<Page<RefusalView>>;
  listChanges(caller: Caller, query: PageQuery): Promise<Page<ChangeView>>;

  listUsers(caller: Caller, query: PageQuery): Promise<Page<z.infer<typeof userView>>>;
  createUser(caller: Caller, request: NewUserRequest): Promise<z.infer<typeof userView>>;
  listTokens(caller: Caller, query: PageQuery): Promise<Page<TokenView>>;
  createToken(caller: Caller, request: NewTokenRequest): Promise<z.infer<typeof newTokenView>>;
  revokeToken(caller: Caller, request: WithId): Promise<void>;
}
