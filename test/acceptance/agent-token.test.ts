import { readFileSync } from "node:fs";
import path from "node:path";
import { killswitchView, stopReceipt } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Installation, repository } from "../harness/firebreak.ts";

const newSession = z.object({ token: z.string() });
const ULID = "01J00000000000000000000000";
const OWN_SESSION = "ses_01J00000000000000000000001";
const OTHER_SESSION = "ses_01J00000000000000000000002";
const NONCE = "0123456789abcdef";

/** Every endpoint with what it asks for, as the golden file lists them. */
const ENDPOINTS = readFileSync(path.join(repository, "packages/server/src/api/endpoints.golden.txt"), "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split(" "))
  .map(([method = "", where = "", access = ""]) => ({ method, where, access }));

const server = new Installation();
let token = "";

async function register(agentId: string, sessionId: string): Promise<z.infer<typeof newSession>> {
  const body = { sessionId, agentId, host: "elsewhere", supervisorPid: 1, command: ["agent"], workspace: null };
  return server.call(newSession, "POST", "/sessions", body);
}

beforeAll(async () => {
  await server.startServer();
  ({ token } = await register("scout", OWN_SESSION));
  await register("other", OTHER_SESSION);
});
afterAll(() => server.close());

function ask(method: string, where: string, body?: unknown): Promise<Response> {
  return fetch(server.url + where, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
}

function addressOf(where: string): string {
  return where.replace(/\/(\w)\w*s\/:id/, (whole) => whole.replace(":id", ULID)).replaceAll(/:\w+/g, "x1");
}

describe("C-1: an agent's token", () => {
  test("opens nothing but what an agent reports and asks for itself", async () => {
    const open = ENDPOINTS.filter(({ access }) => access === "agent").map(({ method, where }) => `${method} ${where}`);
    expect(open.toSorted()).toEqual(
      [
        "GET /api/v1/gate/feed",
        "POST /api/v1/events",
        "POST /api/v1/sessions/:id/heartbeat",
        "POST /api/v1/sessions/:id/state",
        "POST /v1/logs",
        "POST /v1/metrics",
        "POST /v1/traces",
      ].toSorted(),
    );
  });

  const closed = ENDPOINTS.filter(({ access }) => !["agent", "public", "source"].includes(access));

  test("there are endpoints that are closed to it", () => expect(closed.length).toBeGreaterThan(60));

  test("neither stops, nor resumes, nor approves, nor deletes, nor reads anything else", async () => {
    const answers = [];
    for (const { method, where } of closed) {
      const answer = await ask(method, addressOf(where), method === "GET" ? undefined : {});
      await answer.body?.cancel();
      if (answer.status !== 403) answers.push(`${method} ${where}: ${answer.status}`);
    }
    expect(answers).toEqual([]);
  });

  test("lifts no stop of its own agent, and vouches for none", async () => {
    const { hold } = await server.call(stopReceipt, "POST", "/killswitch/stop", {
      scope: "agent",
      target: "scout",
      level: "deny",
      reason: "it leaks",
    });
    const result = {
      sessionId: OWN_SESSION,
      agentId: "scout",
      pack: null,
      level: "kill",
      state: "verified_stopped",
      elapsedMs: 1,
      proof: "trust me",
      processes: 0,
      remaining: [],
    };
    const tries = [
      await ask("POST", `/api/v1/killswitch/holds/${hold.id}/resume`, { reason: "I am fine" }),
      await ask("POST", "/api/killswitch/pack/research", { enabled: true, reason: "I am fine" }),
      await ask("POST", `/api/v1/sessions/${OWN_SESSION}/stops`, { holdId: hold.id, result }),
      await ask("POST", "/api/v1/killswitch/stop", { scope: "agent", target: "other", reason: "a rival" }),
      await ask("POST", "/api/v1/tokens", { name: "more", access: "admin" }),
    ];
    expect(tries.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    const { holds } = await server.call(killswitchView, "GET", "/killswitch");
    expect(holds.map(({ id }) => id)).toEqual([hold.id]);
  });

  test("gets no lease while it is stopped, none for another agent or session, and speaks for nobody else", async () => {
    const feed = (query: string) => ask("GET", `/api/v1/gate/feed?nonce=${NONCE}${query}`);
    const own = await feed("");
    let text = "";
    for await (const chunk of own.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes("event: lease")) break;
    }
    expect(text).toContain(`"agent":"scout"`);
    expect(text).toContain(`"stopped":true`);
    for (const query of ["&agent=other", `&session=${OTHER_SESSION}`, `&agent=other&session=${OTHER_SESSION}`]) {
      expect((await feed(query)).status).toBe(403);
    }
    expect((await ask("POST", `/api/v1/sessions/${OTHER_SESSION}/state`, { state: "exited" })).status).toBe(403);
    expect((await ask("POST", `/api/v1/sessions/${OTHER_SESSION}/heartbeat`)).status).toBe(403);
    const told = await ask("POST", "/api/v1/events", { agent: { id: "other" }, kind: "command", data: {} });
    expect(told.status).toBe(422);
    expect(await told.text()).toContain("this token speaks for scout, not for other");
  });
});
