import { connect } from "node:net";
import type { Socket } from "node:net";
import {
  ROLES,
  actionPreview,
  actionView,
  effectorView,
  agentCoverage,
  agentView,
  alertView,
  answerLinkView,
  approvalView,
  breakerView,
  budgetView,
  changeView,
  deliveryView,
  eventFacets,
  eventHistogram,
  eventPage,
  erasurePreview,
  erasureView,
  keyRotationView,
  originalsView,
  revealView,
  containmentReport,
  containmentView,
  guardView,
  reactionView,
  healthView,
  archiveLines,
  archiveSegment,
  legalHoldRelease,
  legalHoldView,
  personErasure,
  retentionCopy,
  retentionNotice,
  retentionPreview,
  retentionReport,
  retentionView,
  incidentDetail,
  incidentGuidance,
  incidentSummary,
  stormAgent,
  intakeReceipt,
  exportedDocument,
  impactView,
  investigationTimeline,
  killswitchView,
  meView,
  newSourceView,
  newTokenView,
  overview,
  packsStatus,
  policyView,
  readinessView,
  refusalView,
  receiptSummary,
  resumeReceipt,
  reviewView,
  detectionView,
  replaySummary,
  replayView,
  ruleCasesView,
  ruleDetail,
  rulesView,
  runView,
  sessionView,
  silencePreview,
  silenceView,
  sourceDetail,
  sourceTestView,
  sourceView,
  stopPreview,
  stopReceipt,
  syslogView,
  tailsView,
  switchView,
  tokenView,
  tryView,
  userView,
} from "@firebreak/protocol";
import type { Role, SignedReceipt } from "@firebreak/protocol";
import type { Authenticate, Caller } from "../access/index.ts";
import { createManualClock, createNewId, silentLogger } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import { createHttpServer } from "./http-server.ts";
import type { HttpServer } from "./http-server.ts";
import { createLiveHub } from "./live-hub.ts";
import type { LiveHubOptions } from "./live-hub.ts";
import type { HttpServerOptions, Timeouts } from "./options.ts";
import {
  auditSamples,
  drillSamples,
  evidenceSamples,
  explorerSamples,
  indicatorSamples,
  pageOfSample,
  playbookSamples,
  runSamples,
  sample,
} from "./testing-sample.ts";
import { newSessionView, signInLinkView } from "./schemas.ts";
import type { RetentionServices } from "./retention-services.ts";
import type { ApiServices } from "./services.ts";

export { sample };

const SIGNED_RECEIPT: SignedReceipt = {
  type: "firebreak.receipt.v1",
  payload: "{}",
  keyId: "0".repeat(64),
  publicKey: "x",
  signature: "x",
};

function retentionSamples(): RetentionServices {
  return {
    getRetention: async () => sample(retentionView),
    previewRetention: async () => sample(retentionPreview),
    runRetention: async () => sample(retentionReport),
    listRetentionNotices: () => pageOfSample(retentionNotice),
    cancelRetentionNotice: async () => sample(retentionNotice),
    findPerson: async () => sample(personErasure),
    listPersonErasures: () => pageOfSample(personErasure),
    getPersonErasure: async () => sample(personErasure),
    carryOutPersonErasure: async () => sample(personErasure),
    withdrawPersonErasure: async () => sample(personErasure),
    listRetentionCopies: () => pageOfSample(retentionCopy),
    listArchiveSegments: () => pageOfSample(archiveSegment),
    readArchiveSegment: async () => sample(archiveLines),
    listLegalHolds: () => pageOfSample(legalHoldView),
    applyLegalHold: async () => sample(legalHoldView),
    releaseLegalHold: async () => sample(legalHoldRelease),
  };
}

/** Services that answer at once with the smallest valid view. */
export function createSampleServices(overrides: Partial<ApiServices> = {}): ApiServices {
  const incident = async () => sample(incidentDetail);
  const signedIn = async () => ({ cookie: "cookie-viewer", expiresAtMs: START_MS + 60_000, me: sample(meView) });
  return {
    health: () => sample(healthView),
    readMetrics: async () => "up 1\n",
    checkReadiness: async () => sample(readinessView),
    signIn: signedIn,
    signInByLink: signedIn,
    createSignInLink: async () => sample(signInLinkView),
    signOut: async () => {},
    getMe: async () => sample(meView),
    setPassword: async () => sample(meView),
    getOverview: async () => sample(overview),
    acceptEvents: async () => sample(intakeReceipt),
    listTails: async () => sample(tailsView),
    listSyslogListeners: async () => sample(syslogView),
    acceptOtlp: async () => ({ rejected: 0, message: "" }),
    listEvents: async () => sample(eventPage),
    getEventHistogram: async () => sample(eventHistogram),
    getEventFacets: async () => sample(eventFacets),
    getPolicy: async () => sample(policyView),
    ...retentionSamples(),
    listBudgets: () => pageOfSample(budgetView),
    resetBudget: () => pageOfSample(budgetView),
    listBreakers: () => pageOfSample(breakerView),
    isolateBreaker: async () => sample(breakerView),
    closeBreaker: async () => sample(breakerView),
    showOriginals: async () => sample(originalsView),
    revealOriginals: async () => sample(revealView),
    previewErasure: async () => sample(erasurePreview),
    eraseOriginals: async () => sample(erasureView),
    listErasures: () => pageOfSample(erasureView),
    rotateOriginalsKey: async () => sample(keyRotationView),
    ...indicatorSamples(),
    registerSession: async () => sample(newSessionView),
    listSessions: () => pageOfSample(sessionView),
    recordSessionState: async () => sample(sessionView),
    beatSession: async () => sample(sessionView),
    ...auditSamples(),
    ...drillSamples(),
    ...evidenceSamples(),
    ...explorerSamples(),
    listCoverage: () => pageOfSample(agentCoverage),
    listAgents: () => pageOfSample(agentView),
    getAgent: async () => sample(agentView),
    listAlerts: () => pageOfSample(alertView),
    getAlert: async () => sample(alertView),
    acknowledgeAlert: async () => sample(alertView),
    resolveAlert: async () => sample(alertView),
    listApprovals: () => pageOfSample(approvalView),
    getApproval: async () => sample(approvalView),
    answerApproval: async () => sample(approvalView),
    openAnswerLink: async () => sample(answerLinkView),
    answerByLink: async () => sample(answerLinkView),
    listSilences: () => pageOfSample(silenceView),
    getSilence: async () => sample(silenceView),
    previewSilence: async () => sample(silencePreview),
    createSilence: async () => sample(silenceView),
    expireSilence: async () => sample(silenceView),
    listIncidents: () => pageOfSample(incidentSummary),
    getIncident: incident,
    listStormAgents: () => pageOfSample(stormAgent),
    getGuidance: async () => sample(incidentGuidance),
    reportIncident: incident,
    acknowledgeIncident: incident,
    resolveIncident: incident,
    addNote: incident,
    changeSeverity: incident,
    changeIncidentState: incident,
    getTimeline: async () => sample(investigationTimeline),
    markTimeline: async () => {},
    exportTimeline: async () => sample(exportedDocument),
    exportImpact: async () => sample(exportedDocument),
    getImpact: async () => sample(impactView),
    refreshImpact: async () => sample(impactView),
    getReview: async () => sample(reviewView),
    draftReview: async () => sample(reviewView),
    reportStop: async () => {},
    openGateFeed: async () => ({ headers: {}, start: (stream) => void stream.end() }),
    followEvents: async () => ({ headers: {}, start: (stream) => void stream.end() }),
    getKillswitch: async () => sample(killswitchView),
    noteRefusal: async () => {},
    noteSupervisedCaller: async () => {},
    previewStop: async () => sample(stopPreview),
    stop: async () => sample(stopReceipt),
    resumeHold: async () => sample(resumeReceipt),
    listReceipts: () => pageOfSample(receiptSummary),
    getReceipt: async () => SIGNED_RECEIPT,
    getReceiptAddendum: async () => SIGNED_RECEIPT,
    switchAgents: async () => sample(switchView),
    getPacksStatus: async () => sample(packsStatus),
    listEffectors: () => pageOfSample(effectorView),
    previewAction: async () => sample(actionPreview),
    applyAction: async () => sample(actionView),
    listActions: () => pageOfSample(actionView),
    getAction: async () => sample(actionView),
    undoAction: async () => sample(actionView),
    listRuns: () => pageOfSample(runView),
    getRun: async () => sample(runView),
    completeStep: async () => sample(runView),
    abortRun: async () => sample(runView),
    ...playbookSamples(),
    ...runSamples(),
    listDeliveries: () => pageOfSample(deliveryView),
    retryDelivery: async () => sample(deliveryView),
    listRules: async () => sample(rulesView),
    getDetection: async () => sample(detectionView),
    getGuard: async () => sample(guardView),
    getContainment: async () => sample(containmentView),
    reportContainment: async () => sample(containmentReport),
    listReactions: () => pageOfSample(reactionView),
    getReaction: async () => sample(reactionView),
    answerSender: async ({ status }) => ({ status, body: { answered: true } }),
    listSources: () => pageOfSample(sourceView),
    getSource: async () => sample(sourceDetail),
    createSource: async () => sample(newSourceView),
    changeSource: async () => sample(sourceDetail),
    rotateSource: async () => sample(newSourceView),
    removeSource: async () => {},
    testSource: async () => sample(sourceTestView),
    listRefusals: () => pageOfSample(refusalView),
    listChanges: () => pageOfSample(changeView),
    getRule: async () => sample(ruleDetail),
    runRuleCases: async () => sample(ruleCasesView),
    tryRules: async () => sample(tryView),
    listReplays: () => pageOfSample(replaySummary),
    requestReplay: async () => sample(replayView),
    getReplay: async () => sample(replayView),
    cancelReplay: async () => sample(replayView),
    markFalsePositive: async () => sample(alertView),
    unmarkFalsePositive: async () => sample(alertView),
    listUsers: () => pageOfSample(userView),
    createUser: async () => sample(userView),
    listTokens: () => pageOfSample(tokenView),
    createToken: async () => sample(newTokenView),
    revokeToken: async () => {},
    ...overrides,
  };
}

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

function callerWith(access: Role | "agent", webSessionId: string | null): Caller {
  const isAgent = access === "agent";
  return {
    actor: { kind: isAgent ? "agent" : webSessionId === null ? "token" : "person", id: access, name: access },
    access,
    agentId: isAgent ? "scout" : null,
    sessionId: isAgent ? "ses_00000000000000000000000000" : null,
    webSessionId,
  };
}

/** Knows the bearer tokens `viewer` … `admin` and `agent`, and the cookies `cookie-viewer` … of web sessions `web-viewer` … */
export const authenticateByName: Authenticate = async ({ bearer, cookie }) => {
  if (bearer === "agent") return callerWith("agent", null);
  const name = bearer ?? cookie?.replace(/^cookie-/, "");
  const role = ROLES.find((candidate) => candidate === name);
  if (role === undefined) return null;
  return callerWith(role, bearer === undefined ? `web-${role}` : null);
};

interface TestServerOptions extends Partial<Pick<HttpServerOptions, "authenticate" | "consoleDir" | "isStorageFault">> {
  readonly services?: Partial<ApiServices>;
  readonly publicUrl?: string;
  readonly logger?: Logger;
  readonly live?: Partial<LiveHubOptions>;
  readonly timeouts?: Timeouts;
  readonly host?: string;
  readonly port?: number;
}

/** The HTTP door on a loopback port of its own. */
export async function startTestServer(options: TestServerOptions = {}) {
  const clock = createManualClock(START_MS);
  const logger = options.logger ?? silentLogger;
  const live = createLiveHub({ logger, ...options.live });
  const server = await createHttpServer({
    services: createSampleServices(options.services),
    authenticate: options.authenticate ?? authenticateByName,
    live,
    consoleDir: options.consoleDir,
    clock,
    newId: createNewId(() => clock.now()),
    logger,
    config: {
      publicUrl: options.publicUrl,
      validateResponses: true,
      ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
    },
    ...(options.isStorageFault === undefined ? {} : { isStorageFault: options.isStorageFault }),
  });
  const { port } = await listenOrClose(server, options.host ?? "127.0.0.1", options.port ?? 0);
  const origin = `http://127.0.0.1:${port}`;
  return {
    server,
    live,
    port,
    origin,
    ask: (method: string, path: string, init: RequestInit = {}) => fetch(origin + path, { ...init, method }),
    close: () => server.close(),
  };
}

async function listenOrClose(server: HttpServer, host: string, port: number): Promise<{ port: number }> {
  try {
    return await server.listen(host, port);
  } catch (fault) {
    await server.close();
    throw fault;
  }
}

export type TestServer = Awaited<ReturnType<typeof startTestServer>>;

/** Sends bytes as they are, and gives back all that the server answers until it closes or `until` has been seen. */
export function talkRaw(
  port: number,
  write: (socket: Socket) => void,
  until: RegExp = /\r\n\r\n/,
): Promise<{ text: string; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => write(socket));
    let text = "";
    const finish = () => resolve({ text, socket });
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (until.test(text)) finish();
    });
    socket.on("close", finish);
    socket.on("error", (fault) => (text === "" ? reject(fault) : finish()));
  });
}
