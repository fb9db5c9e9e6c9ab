import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { ensureLocalToken } from "../access/index.ts";
import { OperatorError } from "../kernel/index.ts";
import { createApiClient, RefusedError, ServerUnusableError } from "./client.ts";
import { writeServerFile } from "./server-file.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let home: string;
let server: Server;
let url: string;
let answer: Answer;

beforeEach(async () => {
  home = mkdtempSync(path.join(os.tmpdir(), "firebreak-client-"));
  answer = (_request, response) => response.end("{}");
  server = createServer((request, response) => {
    if (request.url === "/health") response.end("{}");
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeServerFile(home, { pid: process.pid, url, startedAt: "" });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(home, { recursive: true });
});

function clientWith(environment: Record<string, string> = {}, userName = "ada") {
  return createApiClient({ config: { home }, environment, fetchFrom: globalThis.fetch, userName });
}

function problemOf(status: number, extra: object = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ code: "conflict", title: "Title", detail: "Detail", status, ...extra }));
  };
}

async function faultOf(call: Promise<unknown>): Promise<OperatorError> {
  const fault = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (fault instanceof OperatorError) return fault;
  throw new Error(`no operator error: ${String(fault)}`);
}

test.each([
  [400, 1],
  [401, 4],
  [403, 4],
  [404, 5],
  [409, 1],
  [429, 1],
  [500, 1],
  [503, 1],
])("a problem with status %i ends with %i and a remedy", async (status, exitCode) => {
  answer = problemOf(status, { errors: [{ where: "/name", message: "too\u001b[2J long" }] });
  const fault = await faultOf(clientWith().get(z.unknown(), "/x"));
  expect(fault.exitCode).toBe(exitCode);
  expect(fault.message).toBe("Title: Detail\n  /name: too long");
  expect(fault.remedy).toMatch(/\w{3}.*\./);
  expect(fault instanceof ServerUnusableError).toBe(status >= 500);
  expect(fault instanceof RefusedError).toBe(status < 500);
});

test("a refusal carries its code and fields", async () => {
  answer = problemOf(409, { errors: [{ where: "/name", message: "taken" }] });
  const fault = await faultOf(clientWith().get(z.unknown(), "/x"));
  expect(fault).toMatchObject({ code: "conflict", errors: [{ where: "/name", message: "taken" }] });
});

test.each([
  ["a page of a proxy", 502, "<html>"],
  ["a problem of somebody else", 400, '{"error":"no"}'],
])("%s is an error that names the status", async (_what, status, body) => {
  answer = (_request, response) => response.writeHead(status).end(body);
  const fault = await faultOf(clientWith().get(z.unknown(), "/x"));
  expect(fault.message).toContain(String(status));
  expect(fault.exitCode).toBe(1);
});

test("an answer that is not as expected is told, not thrown as a fault of ours", async () => {
  answer = (_request, response) => response.end("not json");
  expect((await faultOf(clientWith().get(z.object({ a: z.string() }), "/x"))).remedy).toContain("same version");
});

test("no server, a dead one, and one that is no address: exit 3 and what works all the same", async () => {
  for (const environment of [{ FIREBREAK_URL: "http://127.0.0.1:1" }, { FIREBREAK_URL: "not a url" }]) {
    const client = clientWith(environment);
    expect(await client.find()).toBeNull();
    const fault = await faultOf(client.get(z.unknown(), "/x"));
    expect(fault).toBeInstanceOf(ServerUnusableError);
    expect(fault.exitCode).toBe(3);
    expect(fault.message).toContain("FIREBREAK_URL");
  }
  rmSync(path.join(home, "server.json"));
  const fault = await faultOf(clientWith().get(z.unknown(), "/x"));
  expect(fault).toMatchObject({ exitCode: 3, remedy: expect.stringContaining("firebreak up") });
});

test("a server that hangs up or stays silent is unusable, within the time given", async () => {
  answer = (request) => request.socket.destroy();
  expect((await faultOf(clientWith().get(z.unknown(), "/x"))).exitCode).toBe(3);
  answer = () => {};
  const fault = await faultOf(clientWith().post(z.unknown(), "/x", {}, 50));
  expect(fault).toBeInstanceOf(ServerUnusableError);
  expect(fault.message).toContain("nothing within 0.05 s");
});

test("the user is named, whatever letters the name has; a body is JSON", async () => {
  const seen: (string | undefined)[] = [];
  answer = (request, response) => {
    seen.push(String(request.headers["x-firebreak-user"]), request.headers["content-type"], request.method);
    response.end("{}");
  };
  await clientWith({}, "Åsa \ud800\n").post(z.unknown(), "/x", { a: 1 });
  expect(seen).toEqual([encodeURIComponent("Åsa \ufffd\n"), "application/json", "POST"]);
});

test("the token of this machine goes to this home's own server and nowhere else", async () => {
  const token = ensureLocalToken(home);
  const seen: (string | undefined)[] = [];
  answer = (request, response) => {
    seen.push(request.headers.authorization);
    response.end("{}");
  };
  await clientWith().get(z.unknown(), "/x");
  await clientWith({ FIREBREAK_TOKEN: "mine" }).get(z.unknown(), "/x");
  writeServerFile(home, { pid: 1, url: "http://127.0.0.1:1", startedAt: "" });
  await clientWith({ FIREBREAK_URL: `${url}/` }).get(z.unknown(), "/x");
  expect(seen).toEqual([`Bearer ${token}`, "Bearer mine", undefined]);
});

test("a redirect is not followed: the token would go along", async () => {
  answer = (_request, response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end();
  expect((await faultOf(clientWith().get(z.unknown(), "/x"))).exitCode).toBe(3);
});
