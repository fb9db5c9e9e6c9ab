/** Every schema that the OpenAPI document names: what the API answers, and what it reads. */
import {
  actor,
  stopState,
  stepState,
  runState,
  holdScope,
  holdLevel,
  eventKind,
  deliveryState,
  clockKind,
  agentRef,
  agentEventInput,
  agentView,
  alertView,
  changeView,
  clockView,
  deliveryView,
  eventView,
  evidenceVerification,
  evidenceView,
  healthView,
  hold,
  incidentDetail,
  incidentState,
  incidentSummary,
  incidentType,
  intakeReceipt,
  killswitchView,
  detectionView,
  liveMessage,
  meView,
  newSourceView,
  newTokenView,
  overview,
  pageOf,
  playbookView,
  processIdentity,
  readinessView,
  refusalView,
  resumeReceipt,
  resumeRequest,
  reviewView,
  role,
  ruleView,
  rulesView,
  runView,
  sessionView,
  silencePreview,
  silenceView,
  severity,
  stepView,
  stopPreview,
  stopReceipt,
  stopRequest,
  stopResult,
  sourceDetail,
  sourceKind,
  sourceTestView,
  sourceView,
  timelineEntry,
  tokenView,
  userView,
} from "@firebreak/protocol";
import { z } from "zod";
import {
  newSignInLinkRequest,
  newTokenRequest,
  newUserRequest,
  passwordRequest,
  signInLinkRequest,
  signInRequest,
} from "../access/index.ts";
import {
  completeStepRequest,
  newIncidentRequest,
  newSessionRequest,
  noteRequest,
  previewRequest,
  reasonRequest,
  resolveRequest,
  sessionStateRequest,
  severityRequest,
  stateRequest,
  testSourceRequest,
} from "./requests.ts";
import { newSourceRequest, rotateSourceRequest } from "../senders/index.ts";

export const auditView = z.object({
  seq: z.number().int(),
  at: z.string(),
  actor,
  action: z.string(),
  target: z.string().nullable(),
  /** hexadecimal leaf hash (RFC 6962) */
  leafHash: z.string(),
  /** the canonical JSON that was hashed */
  leaf: z.string(),
});

/** The supervisor of a new session gets a token that speaks for this session alone. */
export const newSessionView = z.object({ session: sessionView, token: z.string() });

/** A link that signs `name` in once, before `expiresAt`. Its secret stands behind the #, which browsers send to nobody. */
export const signInLinkView = z.object({ name: z.string(), url: z.string(), expiresAt: z.string() });

export const eventPage = pageOf(eventView);
export const sessionPage = pageOf(sessionView);
export const agentPage = pageOf(agentView);
export const alertPage = pageOf(alertView);
export const silencePage = pageOf(silenceView);
export const incidentPage = pageOf(incidentSummary);
export const runPage = pageOf(runView);
export const playbookPage = pageOf(playbookView);
export const evidencePage = pageOf(evidenceView);
export const deliveryPage = pageOf(deliveryView);
export const userPage = pageOf(userView);
export const tokenPage = pageOf(tokenView);
export const auditPage = pageOf(auditView);
export const sourcePage = pageOf(sourceView);
export const refusalPage = pageOf(refusalView);
export const changePage = pageOf(changeView);

/** Named in `components/schemas` as they are answered. */
export const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  Actor: actor,
  StopState: stopState,
  StepState: stepState,
  RunState: runState,
  HoldScope: holdScope,
  HoldLevel: holdLevel,
  EventKind: eventKind,
  DeliveryState: deliveryState,
  ClockKind: clockKind,
  AgentRef: agentRef,
  AgentView: agentView,
  AgentPage: agentPage,
  AlertView: alertView,
  AlertPage: alertPage,
  SilenceView: silenceView,
  SilencePage: silencePage,
  SilencePreview: silencePreview,
  AuditView: auditView,
  AuditPage: auditPage,
  ChangeView: changeView,
  ChangePage: changePage,
  ClockView: clockView,
  DeliveryView: deliveryView,
  DeliveryPage: deliveryPage,
  EventView: eventView,
  DetectionView: detectionView,
  EventPage: eventPage,
  EvidenceVerification: evidenceVerification,
  EvidenceView: evidenceView,
  EvidencePage: evidencePage,
  HealthView: healthView,
  Hold: hold,
  IncidentDetail: incidentDetail,
  IncidentState: incidentState,
  IncidentSummary: incidentSummary,
  IncidentPage: incidentPage,
  IncidentType: incidentType,
  IntakeReceipt: intakeReceipt,
  KillswitchView: killswitchView,
  LiveMessage: liveMessage,
  MeView: meView,
  NewSessionView: newSessionView,
  NewSourceView: newSourceView,
  NewTokenView: newTokenView,
  Overview: overview,
  PlaybookView: playbookView,
  PlaybookPage: playbookPage,
  ProcessIdentity: processIdentity,
  ReadinessView: readinessView,
  RefusalView: refusalView,
  RefusalPage: refusalPage,
  ResumeReceipt: resumeReceipt,
  ReviewView: reviewView,
  Role: role,
  RuleView: ruleView,
  RulesView: rulesView,
  RunView: runView,
  RunPage: runPage,
  SessionView: sessionView,
  SessionPage: sessionPage,
  Severity: severity,
  SignInLinkView: signInLinkView,
  SourceDetail: sourceDetail,
  SourceKind: sourceKind,
  SourcePage: sourcePage,
  SourceTestView: sourceTestView,
  SourceView: sourceView,
  StepView: stepView,
  StopPreview: stopPreview,
  StopReceipt: stopReceipt,
  StopResult: stopResult,
  TimelineEntry: timelineEntry,
  TokenView: tokenView,
  TokenPage: tokenPage,
  UserView: userView,
  UserPage: userPage,
};

/** Named in `components/schemas` as they are sent. */
export const REQUESTS: Readonly<Record<string, z.ZodType>> = {
  AgentEventInput: agentEventInput,
  CompleteStepRequest: completeStepRequest,
  NewIncidentRequest: newIncidentRequest,
  NewSessionRequest: newSessionRequest,
  NewSignInLinkRequest: newSignInLinkRequest,
  NewSourceRequest: newSourceRequest,
  NewTokenRequest: newTokenRequest,
  NewUserRequest: newUserRequest,
  NoteRequest: noteRequest,
  PasswordRequest: passwordRequest,
  PreviewRequest: previewRequest,
  ReasonRequest: reasonRequest,
  ResolveRequest: resolveRequest,
  ResumeRequest: resumeRequest,
  RotateSourceRequest: rotateSourceRequest,
  SessionStateRequest: sessionStateRequest,
  SeverityRequest: severityRequest,
  SignInLinkRequest: signInLinkRequest,
  SignInRequest: signInRequest,
  StateRequest: stateRequest,
  StopRequest: stopRequest,
  TestSourceRequest: testSourceRequest,
};
