import type { IncomingMessage, Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { agentEventInput } from "../../packages/protocol/src/index.ts";
import type { AgentEventInput } from "../../packages/protocol/src/index.ts";

/** A small Firebreak: takes sessions and NDJSON events as the API documents them, and refuses everything else. */
export interface FakeIntake {
  readonly url: string;
  readonly events: AgentEventInput[];
  readonly requests: { path: string; token: string; body: string }[];
  close(): Promise<void>;
}

export const AGENT_TOKEN = "agent-scoped-token";

/** @param port 0 for any free one */
export async function startFakeIntake(port = 0): Promise<FakeIntake> {
  const events: AgentEventInput[] = [];
  const requests: FakeIntake["requests"] = [];
  const server = createServer((request, response) => {
    const take = (body: string) => {
      const path = request.url ?? "";
      requests.push({ path, token: request.headers.authorization ?? "", body });
      const { status, answer } = respond(path, request.headers["content-type"] ?? "", body, events);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    };
    readBody(request).then(take, () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${portOf(server)}`, events, requests, close: () => closeServer(server) };
}

function respond(path: string, type: string, body: string, events: AgentEventInput[]) {
  if (path === "/api/v1/sessions") return { status: 200, answer: { session: {}, token: AGENT_TOKEN } };
  if (/^\/api\/v1\/sessions\/[^/]+\/(state|heartbeat)$/.test(path)) return { status: 200, answer: {} };
  if (path !== "/api/v1/events" || type !== "application/x-ndjson") return { status: 404, answer: {} };
  const lines = body.split("\n").filter((line) => line !== "");
  events.push(...lines.map((line) => agentEventInput.parse(JSON.parse(line))));
  return { status: 200, answer: { accepted: lines.length, duplicates: 0, rejected: [], rejectedTotal: 0 } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

export function portOf(server: Server): number {
  const address = server.address();
  return isInet(address) ? address.port : 0;
}

function isInet(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
