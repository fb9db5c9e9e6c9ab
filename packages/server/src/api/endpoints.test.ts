import { ERROR_CODES, ROLES } from "@firebreak/protocol";
import type { Role } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes/index.ts";
import { startTestServer } from "./testing.ts";
import type { TestServer } from "./testing.ts";

const ULID = "0".repeat(26);
const PREFIXES: Readonly<Record<string, string>> = {
  actions: "act",
  alerts: "alr",
  approvals: "apr",
  collections: "evd",
  deliveries: "dlv",
  drills: "drl",
  evidence: "evd",
  exports: "exp",
  holds: "hld",
  indicators: "ind",
  "legal-holds": "lgh",
  notices: "ntc",
  "person-erasures": "pse",
  reactions: "rct",
  receipts: "stp",
  replays: "rpl",
  runs: "run",
  scans: "isc",
  segments: "seg",
  sessions: "ses",
  silences: "sil",
  tokens: "tok",
  views: "viw",
};
const REASON = { reason: "because it is a test" };

const SOME_HASH = "0".repeat(64);
const DRILL = {
  format: 1,
  id: `drl_${ULID}`,
  title: "x",
  profile: "x",
  playbook: { id: "x", title: "x", version: 1, hash: SOME_HASH },
  drillHash: SOME_HASH,
  firebreakVersion: "0",
  sandbox: { isolation: "folder", system: "x", node: "x" },
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: "2026-01-01T00:00:01.000Z",
  seconds: 1,
  result: "failed",
  findings: ["x"],
  fault: { kind: "x", what: "x", at: null },
  severity: null,
  incidentId: null,
  run: null,
  spans: [],
  steps: [],
  checks: [],
  notExercised: [],
  answers: [],
  messages: 0,
};

/** A body that each endpoint takes; one that is not here takes none. */
const BODIES: Readonly<Record<string, unknown>> = {
  importPlaybook: { markdown: "# Runbook\n\n1. Look\n" },
  verifyAuditLog: { trusted: [] },
  rotateAuditKey: { overlapDays: 7 },
  addCosignatures: { checkpoint: "log\n1\nroot\n" },
  signIn: { name: "ada", password: "a long pass phrase" },
  signInByLink: { token: "x" },
  createSignInLink: { name: "ada" },
  setPassword: { password: "a long pass phrase" },
  createUser: { name: "ada", role: "viewer", password: "a long pass phrase" },
  createToken: { name: "ci", access: "viewer" },
  exportOtlpTraces: {},
  exportOtlpLogs: {},
  exportOtlpMetrics: {},
  recordDrill: DRILL,
  requestExport: { format: "csv", ...REASON },
  createSavedView: { name: "denied", filters: { outcome: "denied" } },
  changeSavedView: { name: "denied", filters: { outcome: "denied" } },
  sendEvents: { agent: { id: "scout" }, kind: "command" },
  registerSession: {
    sessionId: `ses_${ULID}`,
    agentId: "scout",
    host: "here",
    supervisorPid: 1,
    command: ["true"],
    workspace: null,
  },
  reportStop: {
    holdId: `hld_${ULID}`,
    result: {
      sessionId: `ses_${ULID}`,
      agentId: "scout",
      pack: null,
      level: "freeze",
      state: "verified_stopped",
      elapsedMs: 3,
      proof: "cgroup frozen",
      processes: 1,
      remaining: [],
    },
  },
  recordSessionState: { state: "exited", exitCode: 0 },
  resetBudget: { budget: "daily", subject: "scout", ...REASON },
  isolateBreaker: { breaker: "tools", subject: "search", ...REASON },
  closeBreaker: { breaker: "tools", subject: "search", ...REASON },
  revealOriginals: REASON,
  previewErasure: { agent: "scout" },
  eraseOriginals: { agent: "scout", ...REASON },
  findPerson: { values: ["jane@example.org"], ...REASON },
  carryOutPersonErasure: {},
  withdrawPersonErasure: REASON,
  addIndicators: { source: "test", values: ["198.51.100.7"] },
  extractIndicators: { content: "hxxps://evil[.]example" },
  requestIndicatorScan: { target: { kind: "events" } },
  requestFolderScan: { path: "/var/log" },
  importIndicators: { source: "test", format: "text", content: "198.51.100.7" },
  reportIncident: { title: "It burns", severity: 2, type: "other" },
  resolveAlert: REASON,
  breakGlass: { digest: "0".repeat(64), ...REASON },
  reviewApproval: { verdict: "justified", note: "there was nobody else" },
  openAnswerLink: { token: "x" },
  answerByLink: { token: "x", answer: "denied", digest: "0".repeat(64), ...REASON },
  answerApproval: { answer: "denied", digest: "0".repeat(64), ...REASON },
  createSilence: { match: "team=db", endsAt: "2026-03-01T12:00:00Z", ...REASON },
  previewSilence: { match: "team=db" },
  expireSilence: REASON,
  resolveIncident: { summary: "It does not burn any more" },
  addNote: { text: "Smoke" },
  exportTimeline: { format: "json" },
  exportImpact: { format: "json" },
  markTimeline: { ref: "event:1", act: "pin" },
  changeSeverity: { severity: 1, ...REASON },
  changeIncidentState: { state: "contained", ...REASON },
  previewStop: { scope: "agent", target: "scout" },
  stop: { scope: "agent", target: "scout", ...REASON },
  resumeHold: REASON,
  startCollection: { agentId: "scout", ...REASON },
  switchEverything: { enabled: false, ...REASON },
  switchPack: { enabled: false, ...REASON },
  completeStep: { note: "done" },
  previewPlaybook: {},
  transferEvidence: { to: "the office", ...REASON },
  abortRun: REASON,
  startRun: { playbookId: "rogue-agent" },
  pauseRun: REASON,
  signalRun: {},
  resumeRun: REASON,
  undoRun: { phase: "contain", ...REASON },
  handOverRun: { to: "ada", ...REASON },
  skipStep: REASON,
  retryStep: REASON,
  previewAction: { parameters: {} },
  applyAction: { effector: "maintenance.lock", ...REASON },
  undoAction: REASON,
  createSource: { name: "x1", kind: "alertmanager" },
  changeSource: { strict: true },
  rotateSource: {},
  testSource: { body: {} },
  tryRules: { events: [{ agent: { id: "scout" }, kind: "command" }] },
  requestReplay: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" },
  markFalsePositive: REASON,
  runRetention: {},
  cancelRetentionNotice: REASON,
  applyLegalHold: { caseId: "2026-17", scope: "agent", target: "scout", ...REASON },
  releaseLegalHold: REASON,
};

const QUERIES: Readonly<Record<string, string>> = { exportEvidence: "?reason=because" };

function pathOf(route: Route): string {
  return route.path
    .replaceAll(/\/([\w-]+)\/:id/g, (_, noun: string) => {
      const prefix = PREFIXES[noun];
      return `/${noun}/${prefix === undefined ? "INC-2026-0001" : `${prefix}_${ULID}`}`;
    })
    .replace(":step", "notify")
    .replace(":pack", "research")
    .replace(/:(?:level|index)/g, "0")
    .replace(/:(?:name|alias)/, "x1")
    .replace(/:seq/, "1");
}

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

function call(route: Route, headers: Record<string, string> = {}): Promise<Response> {
  const body = BODIES[route.operationId];
  return server.ask(route.method, `${pathOf(route)}${QUERIES[route.operationId] ?? ""}`, {
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** @param media of the route: OTLP has a form of its own for what went wrong */
async function expectProblem(
  response: Response,
  code: keyof typeof ERROR_CODES,
  media: Route["media"] = "json",
): Promise<void> {
  const { status } = ERROR_CODES[code];
  const problem = { code, status, requestId: expect.stringMatching(/^req_/) };
  const otlpStatus = { code: expect.any(Number), message: expect.any(String) };
  const [type, body] = media === "otlp" ? ["application/json", otlpStatus] : ["application/problem+json", problem];
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe(type);
  expect(await response.json()).toMatchObject(body);
}

const own = ROUTES.filter((route) => route.media !== "wire");
// the metrics answer this machine without a token; metrics.test.ts asks them as others do
const guarded = own.filter((route) => route.access !== "public" && route.media !== "metrics");
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test("the table has routes to check", () => {
  expect(guarded.length).toBeGreaterThan(40);
});

/** The least role that may call; an agent's endpoints are open to responders too. */
function roleOf(route: Route): Role {
  if (route.access === "public" || route.access === "source") throw new Error("nobody needs a role there");
  return route.access === "agent" ? "responder" : route.access;
}

describe("O-5: without the right credentials", () => {
  test.each(guarded)(
    "$method $path is closed to nobody in particular, a wrong token and a wrong cookie",
    async (route) => {
      const headers = { cookie: "firebreak_session=nobody", origin: server.origin };
      const basic = { authorization: "Basic YWRtaW46YWRtaW4=" };
      for (const credentials of [{}, bearer("nobody"), basic, headers]) {
        await expectProblem(await call(route, credentials), "unauthenticated", route.media);
      }
    },
  );

  test.each(guarded.filter((route) => route.access !== "viewer"))(
    "$method $path ($access) is closed to lower roles",
    async (route) => {
      const tooLow = ROLES.slice(0, ROLES.indexOf(roleOf(route)));
      expect(tooLow).toContain("viewer");
      for (const role of tooLow) await expectProblem(await call(route, bearer(role)), "forbidden", route.media);
    },
  );

  test.each(guarded.filter((route) => route.access !== "agent"))(
    "$method $path is closed to an agent's token",
    async (route) => {
      await expectProblem(await call(route, bearer("agent")), "forbidden");
    },
  );
});

test.each(guarded.filter(({ media }) => media === "download"))(
  "$method $path answers $access with a file to keep",
  async (route) => {
    const response = await call(route, bearer(roleOf(route)));
    expect(response.status).toBe(route.status);
    expect(response.headers.get("content-disposition")).toMatch(/^attachment; filename="[\w.-]+"$/);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.text()).toBe("{}\n");
  },
);

const STREAMS: readonly Route["media"][] = ["event-stream", "feed", "download"];

test.each(guarded.filter(({ media }) => !STREAMS.includes(media)))(
  "$method $path answers $access, as its schema says",
  async (route) => {
    const askers = route.access === "agent" ? ["agent", roleOf(route)] : [roleOf(route)];
    for (const asker of askers) {
      const response = await call(route, bearer(asker));
      const text = await response.text();
      expect(response.status, text).toBe(route.status);
      const answer: unknown = text === "" ? null : JSON.parse(text);
      const schema = route.response ?? (route.media === "otlp" ? z.strictObject({}) : z.null());
      expect(schema.safeParse(answer).error).toBeUndefined();
    }
  },
);

test.each(own.filter((route) => route.access === "public"))(
  "$method $path answers without credentials",
  async (route) => {
    const response = await call(route);
    expect(response.status).toBe(route.operationId === "getReadiness" ? 200 : route.status);
    expect(response.headers.get("cache-control")).toBe("no-store");
    await response.body?.cancel();
  },
);

describe("D-8: addresses of other vendors' APIs", () => {
  const wire = ROUTES.filter((route) => route.media === "wire");

  test("are served", () => expect(wire.length).toBeGreaterThan(10));

  test.each(wire)("$method $path takes any media type and answers as its endpoint says", async (route) => {
    const hasBody = route.method !== "GET";
    const init = hasBody ? { headers: { "content-type": "application/x-anything" }, body: "anything" } : {};
    const response = await server.ask(route.method, pathOf(route), init);
    expect(response.status).toBe(route.status);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ answered: true });
  });

  test.each(wire)("$method $path words a passing fault as one, never as a refusal", async (route) => {
    const fault = Object.assign(new Error("the database is away"), { code: "ECONNREFUSED" });
    const away = await startTestServer({
      services: { answerSender: () => Promise.reject(fault) },
      isStorageFault: () => true,
    });
    try {
      const response = await away.ask(route.method, pathOf(route), route.method === "GET" ? {} : { body: "{}" });
      expect(response.status).toBe(503);
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.text()).not.toContain("the database is away");
    } finally {
      await away.close();
    }
  });
});
