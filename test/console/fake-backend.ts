/**
 * A small server that answers like Firebreak's API, serves the built console with the server's headers, and keeps
 * its state in memory. The role is the session cookie's value (`fake-viewer` … `fake-admin`). Sentinels make it fail:
 * an incident `INC-2026-0500`, a text with `error-503`, a reason with `error-409`, the name `error-429`.
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import {
  ERROR_CODES,
  type ErrorCode,
  type Hold,
  INCIDENT_TRANSITIONS,
  type IncidentDetail,
  isSettled,
  type LiveMessage,
  type MeView,
  type Overview,
  ROLES,
  type SessionView,
  stopRequest,
} from "@firebreak/protocol";
import { ADA, clockOf, holdOf, meOf, receipt, type Sample, sampleOf, type Scenario, sourceOf } from "./sample-data.ts";
import { restartQuestion } from "./sample-runs.ts";
import { actionRoutes } from "./fake-actions.ts";
import { evidenceRoutes } from "./fake-evidence.ts";
import { indicatorRoutes } from "./fake-indicators.ts";
import { ledgerRoutes } from "./fake-ledger.ts";
import { containmentOf, guardOf, reactionsOf } from "./fake-containment.ts";
import { coverageOf } from "./fake-coverage.ts";
import { explorerRoutes } from "./fake-explorer.ts";
import { originalRoutes } from "./fake-originals.ts";
import { auditLogRoutes } from "./fake-audit-log.ts";
import { retentionRoutes } from "./fake-retention.ts";
import { investigationRoutes } from "./fake-investigation.ts";
import { playbookRoutes } from "./fake-playbooks.ts";
import { rulesRoutes } from "./fake-rules.ts";
import { sessionRoutes } from "./fake-sessions.ts";

const DIST = join(import.meta.dirname, "../../packages/console/dist");

export const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

class Refusal extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

interface Call {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly id: string;
  readonly step: string;
}

export interface FakeBackend {
  readonly url: string;
  readonly sample: Sample;
  /** every request that changed something: "POST /path" with its body */
  readonly acts: { path: string; body: Record<string, unknown> }[];
  /** Tells every open stream that something changed. */
  readonly change: (topic: LiveMessage["topic"], id: string) => void;
  /** Cuts every open stream, and refuses new ones while `down`. */
  readonly setLive: (up: boolean) => void;
  readonly close: () => Promise<void>;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function summaryOf(incident: IncidentDetail) {
  const {
    id,
    title,
    type,
    severity,
    severityLabel,
    state,
    agentId,
    pack,
    sessionId,
    commander,
    openedAt,
    updatedAt,
    clocks,
  } = incident;
  return {
    id,
    title,
    type,
    severity,
    severityLabel,
    state,
    agentId,
    pack,
    sessionId,
    commander,
    openedAt,
    updatedAt,
    clocks,
  };
}

const STORM_PAGE = 50;

function pageOfStormAgents({ storm }: IncidentDetail, after: string | null) {
  const names = Array.from({ length: storm?.agents ?? 0 }, (_, index) => `agent-${String(index).padStart(4, "0")}`);
  const rest = names.filter((name) => after === null || name > after);
  const items = rest.slice(0, STORM_PAGE).map((agentId) => ({
    agentId,
    joinedAt: storm?.beganAt ?? "",
    alerts: 1,
    decision: agentId < "agent-0010" ? "applied" : "waiting",
  }));
  return { items, next: rest.length > STORM_PAGE ? (items.at(-1)?.agentId ?? null) : null };
}

function isInState(incident: IncidentDetail, state: string | null): boolean {
  if (state === "open") return !isSettled(incident.state);
  return state === null || incident.state === state;
}

function overviewOf(sample: Sample): Overview {
  const open = sample.incidents.filter((incident) => !isSettled(incident.state));
  const states = sample.agents.map((agent) => agent.session?.state);
  const amount = (state: SessionView["state"]) => states.filter((candidate) => candidate === state).length;
  const failed = sample.incidents
    .flatMap((incident) => incident.deliveries)
    .filter((delivery) => delivery.state === "failed");
  return {
    severityLabels: { 1: "SEV-1", 2: "SEV-2", 3: "SEV-3", 4: "SEV-4" },
    openIncidents: open.map(summaryOf),
    openAlerts: open.flatMap((incident) => incident.alerts).length,
    pendingApprovals: sample.approvals.filter(({ state }) => state === "pending").length,
    holds: sample.killswitch.holds,
    canary: sample.killswitch.canary,
    agents: { running: amount("running"), frozen: amount("frozen"), lost: amount("lost"), total: sample.agents.length },
    failedDeliveries: failed.length,
    eventsLastHour: sample.agents.length === 0 ? 0 : 48_213,
    ruleErrors: sample.ruleErrors.map(({ file, line, message, remedy }) => ({ file, line, message, remedy })),
    nextSteps: open.flatMap((incident) =>
      incident.acknowledgedAt === null
        ? [{ text: `Acknowledge ${incident.id}: ${incident.title}`, href: `/incidents/${incident.id}` }]
        : [],
    ),
  };
}

/** Everything the API does, by method and path; `:id` and `:step` are the only parameters. */
function createRoutes(sample: Sample, me: () => MeView, change: FakeBackend["change"]) {
  const now = () => clockOf(Date.now())(0);
  const findIncident = (id: string): IncidentDetail => {
    if (id === "INC-2026-0500")
      throw new Refusal("internal", "The incident could not be read: the row is damaged. Run `firebreak doctor`.");
    const found = sample.incidents.find((incident) => incident.id === id);
    if (!found)
      throw new Refusal("not_found", `There is no incident ${id}. List them with \`firebreak incident list\`.`);
    return found;
  };
  const note = (incident: IncidentDetail, kind: string, sentence: string): IncidentDetail => {
    incident.timeline.push({
      id: `${kind}-${incident.timeline.length}`,
      at: now(),
      kind,
      source: "console",
      actor: ADA,
      text: sentence,
      data: {},
    });
    incident.updatedAt = now();
    incident.allowedStates = [...INCIDENT_TRANSITIONS[incident.state]];
    change("incident", incident.id);
    return incident;
  };
  const findAlert = (id: string) => {
    const found = sample.alerts.find((alert) => alert.id === id);
    if (!found) throw new Refusal("not_found", `There is no alert ${id}.`);
    return found;
  };
  const covered = (body: Record<string, unknown>): SessionView[] =>
    sample.agents.flatMap((agent) => {
      const hit =
        body["scope"] === "global" ||
        (body["scope"] === "agent" && agent.id === body["target"]) ||
        (body["scope"] === "pack" && agent.pack === body["target"]) ||
        (body["scope"] === "session" && agent.session?.id === body["target"]);
      return hit && agent.session && agent.session.state !== "exited" ? [agent.session] : [];
    });
  const stop = (body: Record<string, unknown>) => {
    if (text(body["reason"]).includes("error-409"))
      throw new Refusal(
        "conflict",
        "The journal is being compacted. Try again in a second, or use `firebreak stop` on the host.",
      );
    const parsed = stopRequest.safeParse(body);
    if (!parsed.success)
      throw new Refusal("invalid_body", parsed.error.issues.map((issue) => issue.message).join("; "));
    const epoch = sample.killswitch.epoch + 1;
    const { scope, target, level = "freeze", reason } = parsed.data;
    const placed: Hold = holdOf(clockOf(Date.now()), 9, {
      id: `hld_new_${epoch}`,
      epoch,
      scope,
      target: target ?? null,
      level,
      reason,
      actor: ADA,
      at: now(),
      incidentId: parsed.data.incidentId ?? null,
    });
    sample.killswitch.epoch = epoch;
    sample.killswitch.holds.unshift(placed);
    sample.killswitch.history.unshift({ ...placed, releasedAt: null, releasedBy: null, releaseReason: null });
    const targets = covered(body);
    for (const touched of targets) touched.state = "frozen";
    change("hold", placed.id);
    return receipt(
      clockOf(Date.now()),
      placed,
      targets,
      targets.map((session) => (session.agentId === "courier" ? "unreachable" : "verified_stopped")),
    );
  };
  const answerQuestion = (id: string, body: Record<string, unknown>) => {
    const found = sample.approvals.find((approval) => approval.id === id);
    if (!found) throw new Refusal("not_found", "There is no such question.");
    const answer = body["answer"] === "approved" ? "approved" : "denied";
    found.answers.push({ by: ADA, answer, reason: text(body["reason"]), at: now() });
    found.state = answer;
    change("approval", id);
    return found;
  };
  const openLink = (body: Record<string, unknown>) => {
    const [approval] = sample.approvals;
    if (!approval || body["token"] !== "good-link") throw new Refusal("not_found", "This link is no good any more.");
    return { person: "ada", approval };
  };
  const routes: Record<string, (call: Call) => unknown> = {
    "GET /me": me,
    "GET /overview": () => overviewOf(sample),
    "POST /sign-out": () => null,
    "POST /me/password": () => me(),
    ...ledgerRoutes(sample.ledger),
    ...actionRoutes(sample.actions, now),
    ...evidenceRoutes(
      sample.incidents.flatMap(({ evidence }) => evidence),
      () => {
        throw new Refusal("not_found", "There is no such archive.");
      },
    ),
    ...retentionRoutes(sample.retention, now),
    ...auditLogRoutes(sample.auditLog, now),
    ...originalRoutes(sample.originals, now),
    ...investigationRoutes(findIncident, now, change),
    "GET /coverage": () => ({ items: coverageOf(sample), next: null }),
    "GET /agents": () => ({ items: sample.agents, next: null }),
    "GET /agents/:id": ({ id }) => {
      const found = sample.agents.find((agent) => agent.id === id);
      if (!found) throw new Refusal("not_found", `No agent ${id} was ever seen.`);
      return found;
    },
    "GET /incidents": ({ query }) => ({
      items: sample.incidents
        .filter(
          (incident) =>
            isInState(incident, query.get("state")) &&
            ["", String(incident.severity)].includes(query.get("severity") ?? ""),
        )
        .map(summaryOf),
      next: null,
    }),
    "POST /incidents": ({ body }) => {
      const first = sample.incidents[0];
      if (!first) throw new Refusal("conflict", "The fake needs an incident to copy.");
      const made: IncidentDetail = {
        ...first,
        id: "INC-2026-0043",
        title: text(body["title"]),
        state: "detected",
        timeline: [],
        alerts: [],
        runs: [],
        stops: [],
        holds: [],
        evidence: [],
        deliveries: [],
        acknowledgedAt: null,
        containedAt: null,
        tripToStopMs: null,
        openedAt: now(),
      };
      sample.incidents.unshift(made);
      return note(made, "incident.opened", "Reported.");
    },
    "GET /incidents/:id": ({ id }) => findIncident(id),
    "GET /incidents/:id/agents": ({ id, query }) => pageOfStormAgents(findIncident(id), query.get("after")),
    "POST /incidents/:id/acknowledge": ({ id }) => {
      const incident = findIncident(id);
      const respond = incident.clocks[0];
      if (respond) incident.clocks[0] = { ...respond, stoppedAt: now() };
      return note(Object.assign(incident, { acknowledgedAt: now(), commander: "ada" }), "acknowledged", "ada has it.");
    },
    "POST /incidents/:id/resolve": ({ id, body }) =>
      note(
        Object.assign(findIncident(id), { state: "resolved", resolvedAt: now(), summary: text(body["summary"]) }),
        "resolved",
        "Resolved.",
      ),
    "POST /incidents/:id/note": ({ id, body }) => {
      if (text(body["text"]).includes("error-503"))
        throw new Refusal(
          "storage_unavailable",
          "The note was not written. Try again when `firebreak status` says ready.",
        );
      return note(findIncident(id), "note", text(body["text"]));
    },
    "POST /incidents/:id/severity": ({ id, body }) =>
      note(
        Object.assign(findIncident(id), {
          severity: body["severity"],
          severityLabel: `SEV-${String(body["severity"])}`,
        }),
        "severity",
        text(body["reason"]),
      ),
    "POST /incidents/:id/state": ({ id, body }) =>
      note(Object.assign(findIncident(id), { state: body["state"] }), "state", text(body["reason"])),
    "GET /incidents/:id/review": ({ id }) => {
      const review = sample.reviews.get(id);
      if (!review) throw new Refusal("not_found", `${id} has no review yet. Draft it with \`firebreak review ${id}\`.`);
      return review;
    },
    "POST /incidents/:id/review": ({ id }) => {
      const review = {
        incidentId: id,
        markdown: `# Review of ${id}\n\nDrafted.`,
        draftedAt: now(),
        dueAt: clockOf(Date.now())(-7200),
      };
      sample.reviews.set(id, review);
      return review;
    },
    "GET /alerts": ({ query }) => {
      const asked = (name: string, value: string) => [value, null].includes(query.get(name));
      const items = sample.alerts.filter((one) => asked("status", one.status) && asked("disposition", one.disposition));
      return { items, next: null };
    },
    "POST /alerts/:id/acknowledge": ({ id }) =>
      Object.assign(findAlert(id), { acknowledgedAt: now(), acknowledgedBy: ADA }),
    "POST /alerts/:id/resolve": ({ id }) =>
      Object.assign(findAlert(id), { status: "resolved", resolution: "person", resolvedAt: now(), resolvedBy: ADA }),
    "GET /silences": () => ({ items: sample.silences.filter(({ state }) => state !== "expired"), next: null }),
    "POST /silences/preview": ({ body }) => ({
      openAlerts: sample.alerts.length,
      matched: 1,
      containing: 0,
      warnings: text(body["match"]).includes(".+") ? ["no condition names anything in particular"] : [],
      sample: sample.alerts.slice(0, 1),
    }),
    "POST /silences": ({ body }) => {
      const [first] = sample.silences;
      if (!first) throw new Refusal("conflict", "The fake needs a silence to copy.");
      const made = { ...first, id: "sil_new", matchersText: text(body["match"]), reason: text(body["reason"]) };
      sample.silences.unshift(made);
      return made;
    },
    "POST /silences/:id/expire": ({ id }) => {
      const found = sample.silences.find((silence) => silence.id === id);
      return found && Object.assign(found, { state: "expired" });
    },
    "GET /approvals": () => ({ items: sample.approvals, next: null }),
    "GET /approvals/:id": ({ id }) =>
      sample.approvals.find((approval) => approval.id === id) ?? restartQuestion(clockOf(sample.startedMs)),
    "POST /approvals/:id/break-glass": ({ id, body }) => {
      const found = answerQuestion(id, { ...body, answer: "approved" });
      return Object.assign(found, { breakGlass: { by: ADA, reason: text(body["reason"]), at: now() } });
    },
    "POST /approvals/:id/review": ({ id, body }) =>
      Object.assign(sample.approvals.find((approval) => approval.id === id) ?? {}, {
        reviewed: { by: ADA, verdict: body["verdict"], note: text(body["note"]), at: now() },
      }),
    "POST /approvals/:id/answer": ({ id, body }) => answerQuestion(id, body),
    "POST /answer-links/open": ({ body }) => openLink(body),
    "POST /answer-links/answer": ({ body }) => {
      const { approval, person } = openLink(body);
      return { person, approval: answerQuestion(approval.id, body) };
    },
    "GET /receipts": () => ({ items: sample.receipts, next: null }),
    "GET /receipts/:id": ({ id }) => ({
      type: "firebreak.receipt.v1",
      payload: JSON.stringify({ id }),
      keyId: "0".repeat(64),
      publicKey: "",
      signature: "",
    }),
    "GET /receipts/:id/addendum": ({ id }) => ({
      type: "firebreak.receipt.v1",
      payload: JSON.stringify({ stopId: id }),
      keyId: "0".repeat(64),
      publicKey: "",
      signature: "",
    }),
    "GET /killswitch": () => sample.killswitch,
    "POST /killswitch/preview": ({ body }) => {
      const sessions = covered(body);
      return {
        sessions,
        agents: [...new Set(sessions.map((session) => session.agentId))],
        packs: [...new Set(sessions.flatMap((session) => session.pack ?? []))],
      };
    },
    "POST /killswitch/stop": ({ body }) => stop(body),
    "POST /killswitch/holds/:id/resume": ({ id, body }) => {
      const index = sample.killswitch.holds.findIndex((held) => held.id === id);
      const held = sample.killswitch.holds[index];
      if (!held) throw new Refusal("conflict", "That hold is lifted already.");
      sample.killswitch.holds.splice(index, 1);
      const past = sample.killswitch.history.find((candidate) => candidate.id === id);
      if (past) Object.assign(past, { releasedAt: now(), releasedBy: ADA, releaseReason: text(body["reason"]) });
      change("hold", id);
      const resumed = covered({ scope: held.scope, target: held.target }).map((session) => ({
        sessionId: session.id,
        agentId: session.agentId,
        state: "running",
      }));
      return { hold: held, releasedAt: now(), approval: null, resumed };
    },
    "POST /evidence/:id/verify": ({ id }) =>
      id === "evd_broken"
        ? {
            id,
            intact: false,
            findings: [{ item: "processes.json", message: "its SHA-256 is not the one in the manifest" }],
            items: 31,
            manifestSha256: "00",
            signedBy: "firebreak+4be1",
          }
        : { id, intact: true, findings: [], items: 31, manifestSha256: "4be1", signedBy: "firebreak+4be1c0de" },
    "POST /deliveries/:id/retry": ({ id }) => {
      const found = sample.incidents.flatMap((incident) => incident.deliveries).find((delivery) => delivery.id === id);
      return found && Object.assign(found, { state: "pending" });
    },
    "GET /containment": () => containmentOf(sample.incidents.length > 0),
    "GET /reactions": () => ({ items: reactionsOf(sample.incidents.length > 0), next: null }),
    "GET /guard": () => guardOf(sample.incidents.length > 0),
    ...sessionRoutes(sample, (code, detail) => new Refusal(code, detail)),
    ...explorerRoutes({ sample, now, refuse: (code, detail) => new Refusal(code, detail) }),
    ...playbookRoutes({ sample, now, change, refuse: (code, detail) => new Refusal(code, detail) }),
    ...indicatorRoutes({
      sample,
      isEmpty: sample.agents.length === 0,
      ago: clockOf(Date.now()),
      refuse: (code, detail) => new Refusal(code, detail),
    }),
    ...rulesRoutes({ sample, change, refuse: (code, detail) => new Refusal(code, detail) }),
    "GET /users": () => ({
      items: [{ id: "usr_ada", name: "ada", role: "admin", createdAt: now(), disabledAt: null }],
      next: null,
    }),
    "GET /tokens": () => ({ items: sample.tokens, next: null }),
    "POST /tokens": ({ body }) => {
      const made = {
        id: `tok_${sample.tokens.length + 1}`,
        name: text(body["name"]),
        access: "viewer" as const,
        createdAt: now(),
        expiresAt: null,
        revokedAt: null,
        lastUsedAt: null,
      };
      sample.tokens.unshift(made);
      return { ...made, token: "fbk_once_only_secret" };
    },
    "GET /sources": () => ({ items: sample.sources, next: null }),
    "POST /sources": ({ body }) => {
      const source = sourceOf(text(body["name"]), now());
      sample.sources.push(source);
      return { source, key: "fbs_once_only_key", setup: "receivers:\n  - name: firebreak" };
    },
    "POST /sources/:id/rotate": ({ id }) => {
      const source = sample.sources.find(({ name }) => name === id);
      return source && { source, key: "fbs_second_key", setup: "receivers:" };
    },
    "POST /sources/:id/change": ({ id, body }) => {
      const source = sample.sources.find(({ name }) => name === id);
      if (!source) throw new Refusal("not_found", `There is no source ${id}.`);
      const { overlapHours: _, ...changes } = body;
      return { source: Object.assign(source, changes), setup: "receivers:", refusals: [] };
    },
    "DELETE /sources/:id": ({ id }) => {
      sample.sources = sample.sources.filter(({ name }) => name !== id);
      return null;
    },
    "GET /refusals": () => ({ items: sample.refusals, next: null }),
    "GET /changes": () => ({ items: sample.changes, next: null }),
    "DELETE /tokens/:id": ({ id }) => {
      const found = sample.tokens.find((token) => token.id === id);
      if (found) found.revokedAt = now();
      return null;
    },
  };
  return routes;
}

type Routes = ReturnType<typeof createRoutes>;

function findRoute(routes: Routes, method: string, path: string) {
  for (const [key, handle] of Object.entries(routes)) {
    const [routeMethod, pattern = ""] = key.split(" ");
    if (routeMethod !== method) continue;
    const match = new RegExp(`^${pattern.replaceAll(/:(\w+)/g, "(?<$1>[^/]+)")}$`).exec(path);
    if (match)
      return {
        handle,
        id: decodeURIComponent(match.groups?.["id"] ?? ""),
        step: decodeURIComponent(match.groups?.["step"] ?? ""),
      };
  }
  throw new Refusal("not_found", `The fake has no ${method} ${path}.`);
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const type = status >= 400 ? "application/problem+json" : "application/json";
  response.writeHead(body === null ? 204 : status, { "content-type": type, "cache-control": "no-store", ...headers });
  response.end(body === null ? undefined : JSON.stringify(body));
}

function sendProblem(response: ServerResponse, error: unknown): void {
  const code = error instanceof Refusal ? error.code : "internal";
  const { status, title } = ERROR_CODES[code];
  const detail = error instanceof Error ? error.message : String(error);
  send(response, status, { type: "about:blank", title, status, code, detail, requestId: "req_fake" });
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks).toString("utf8");
  return raw === "" ? {} : JSON.parse(raw);
}

async function serveFile(response: ServerResponse, path: string): Promise<void> {
  const file = normalize(path).replace(/^([/\\]|\.\.)+/, "");
  const asset = extname(file) === "" ? "index.html" : file;
  try {
    const content = await readFile(join(DIST, asset));
    response.writeHead(200, {
      "content-type": TYPES[extname(asset)] ?? "application/octet-stream",
      ...SECURITY_HEADERS,
    });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
}

const SESSION = /firebreak_session=fake-(\w+)/;

/** @returns the role that the cookie carries; @throws Refusal without one */
function accessOf(request: IncomingMessage): { access: MeView["access"]; passwordNeeded: boolean } {
  const name = SESSION.exec(request.headers.cookie ?? "")?.[1];
  if (name === "invited") return { access: "admin", passwordNeeded: true };
  const access = ROLES.find((role) => role === name);
  if (!access) throw new Refusal("unauthenticated", "This needs a session. Sign in, or send a token.");
  return { access, passwordNeeded: false };
}

function signIn(response: ServerResponse, path: string, body: Record<string, unknown>): boolean {
  if (path === "/sign-in") {
    if (body["name"] === "error-429") throw new Refusal("too_many_requests", "Wait a minute before the next attempt.");
    if (body["password"] !== "correct horse battery")
      throw new Refusal(
        "sign_in_failed",
        "The name or the password is not right. The server prints a one-time link while the owner has no password.",
      );
    send(response, 200, meOf("admin", false), {
      "set-cookie": "firebreak_session=fake-admin; Path=/; HttpOnly; SameSite=Strict",
    });
    return true;
  }
  if (path === "/sign-in/link") {
    if (body["token"] !== "good-link")
      throw new Refusal(
        "sign_in_failed",
        "This link was used already or is too old. Start the server again for another.",
      );
    send(response, 200, meOf("admin", true), {
      "set-cookie": "firebreak_session=fake-invited; Path=/; HttpOnly; SameSite=Strict",
    });
    return true;
  }
  return false;
}

/** Starts the fake on a free port of the loopback interface. */
/** Tells of each event that a test puts among the fresh ones. */
function followEvents(response: ServerResponse, { fresh }: Sample): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(": open\n\n");
  let told = fresh.length;
  const look = setInterval(() => {
    for (const event of fresh.slice(told)) response.write(`event: event\ndata: ${JSON.stringify(event)}\n\n`);
    told = fresh.length;
  }, 50);
  response.on("close", () => clearInterval(look));
}

export async function startFakeBackend(scenario: Scenario): Promise<FakeBackend> {
  const sample = sampleOf(scenario, Date.now());
  const acts: FakeBackend["acts"] = [];
  const streams = new Set<ServerResponse>();
  let liveUp = true;
  const change: FakeBackend["change"] = (topic, id) => {
    for (const stream of streams) stream.write(`event: change\ndata: ${JSON.stringify({ topic, id })}\n\n`);
  };
  const openStream = (response: ServerResponse) => {
    if (!liveUp) {
      response.writeHead(503).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": open\n\n");
    streams.add(response);
    response.on("close", () => streams.delete(response));
  };
  const answerApi = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    const method = request.method ?? "GET";
    const path = url.pathname.slice("/api/v1".length);
    const body = await readBody(request);
    if (method === "POST" && signIn(response, path, body)) return;
    const isByLink = path.startsWith("/answer-links/");
    const who = isByLink ? { access: "viewer" as const, passwordNeeded: false } : accessOf(request);
    if (path === "/live") {
      openStream(response);
      return;
    }
    if (path === "/events/follow") {
      followEvents(response, sample);
      return;
    }
    const { handle, id, step } = findRoute(
      createRoutes(sample, () => meOf(who.access, who.passwordNeeded), change),
      method,
      path,
    );
    if (method !== "GET" && !path.endsWith("/preview")) acts.push({ path: `${method} ${path}`, body });
    const cookie: Record<string, string> =
      path === "/me/password"
        ? { "set-cookie": "firebreak_session=fake-admin; Path=/; HttpOnly; SameSite=Strict" }
        : {};
    send(
      response,
      200,
      handle({ path, query: url.searchParams, body, id, step }),
      path === "/sign-out" ? { "set-cookie": "firebreak_session=; Path=/; Max-Age=0" } : cookie,
    );
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    const answer = url.pathname.startsWith("/api/v1/")
      ? answerApi(request, response, url)
      : serveFile(response, url.pathname);
    answer.catch((error: unknown) => sendProblem(response, error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    sample,
    acts,
    change,
    setLive: (up) => {
      liveUp = up;
      if (!up) for (const stream of streams) stream.destroy();
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the fake has no port");
  return address.port;
}
