import { gzipSync } from "node:zlib";
import { ERROR_CODES, INTAKE_LIMITS, userView } from "@firebreak/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FirebreakError } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import type { ApiServices } from "./services.ts";
import { sample, startTestServer, talkRaw } from "./testing.ts";
import type { TestServer } from "./testing.ts";

let server: TestServer;
let services: Partial<ApiServices> = {};
const logged: string[] = [];
const write = (message: string, fields?: Readonly<Record<string, unknown>>) =>
  void logged.push(JSON.stringify({ message, ...fields }));
const logger: Logger = { debug: write, info: write, warn: write, error: write };

beforeAll(async () => {
  server = await startTestServer({
    logger,
    isStorageFault: (fault) => fault instanceof Error && fault.message.includes("57P01"),
    services: {
      listUsers: (caller, query) => services.listUsers?.(caller, query) ?? Promise.resolve({ items: [], next: null }),
      signIn: (request, address) => services.signIn?.(request, address) ?? Promise.reject(new Error("unused")),
      acceptEvents: (caller, batch) =>
        services.acceptEvents?.(caller, batch) ??
        Promise.resolve({ accepted: batch.body.length, duplicates: 0, rejected: [], rejectedTotal: 0 }),
    },
  });
});
afterAll(() => server.close());
afterEach(() => {
  services = {};
});

const ADMIN = { authorization: "Bearer admin" };
const JSON_TYPE = { "content-type": "application/json" };
const STOP = "/api/v1/killswitch/stop";

function send(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = JSON_TYPE,
  path = STOP,
): Promise<Response> {
  return server.ask("POST", path, { body, headers: { ...ADMIN, ...headers } });
}

/** RFC 8878: magic, descriptor, window, then blocks that say "this byte, so often". */
function zstdOfRuns(length: number, runs: number): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.alloc(6 + runs * 4, "x");
  Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]).copy(bytes);
  for (let run = 0; run < runs; run++) {
    bytes.writeUIntLE((length << 3) | 2 | (run === runs - 1 ? 1 : 0), 6 + run * 4, 3);
  }
  return Uint8Array.from(bytes);
}

async function expectProblem(response: Response, code: keyof typeof ERROR_CODES) {
  const problem: unknown = await response.json();
  expect(problem).toMatchObject({ code, status: ERROR_CODES[code].status, type: `urn:firebreak:problem:${code}` });
  expect(response.status).toBe(ERROR_CODES[code].status);
  return problem;
}

/** Whatever came before, the door still answers. */
async function expectAlive(): Promise<void> {
  expect((await server.ask("GET", "/health")).status).toBe(200);
}

describe("bad input names what is wrong, where, and how to mend it", () => {
  test("malformed JSON: the line and column", async () => {
    const problem = await expectProblem(await send('{\n  "scope": "agent",\n  "target": scout\n}'), "bad_request");
    expect(problem).toMatchObject({ errors: [{ where: "line 3, column 13", message: 'unexpected "s"' }] });
    expect(await expectProblem(await send('{"scope": "agent"'), "bad_request")).toMatchObject({
      detail: expect.stringContaining("it ends too early"),
    });
  });

  test("invalid UTF-8: the byte", async () => {
    const body = Buffer.concat([Buffer.from('{"scope":"\uFFFD'), Buffer.of(0xff), Buffer.from('"}')]);
    expect(await expectProblem(await send(Uint8Array.from(body)), "bad_request")).toMatchObject({
      errors: [{ where: "byte 13" }],
    });
  });

  test("wrong types, missing and unknown fields: each with its JSON pointer", async () => {
    const problem = await expectProblem(await send('{"scope":"everything","level":7,"force":true}'), "invalid_body");
    expect(problem).toMatchObject({
      errors: expect.arrayContaining([
        { where: "/scope", message: "use one of: global, pack, agent, session, tool" },
        { where: "/reason", message: "missing; give a string" },
        { where: "/", message: "remove what is not known here: force" },
      ]),
    });
    await expectProblem(await send("null"), "invalid_body");
    await expectProblem(await send("[]"), "invalid_body");
    await expectProblem(await send(""), "invalid_body");
  });

  test("unknown query fields and limits that are no limits", async () => {
    for (const query of [
      "?stat=open",
      "?limit=0",
      "?limit=501",
      "?limit=many",
      "?status=closed",
      "?status=open&status=open",
    ]) {
      await expectProblem(await server.ask("GET", `/api/v1/alerts${query}`, { headers: ADMIN }), "bad_request");
    }
  });

  test("ids that are no ids, and addresses that decode to nothing", async () => {
    for (const id of ["x", "alr_", "%00", "..%2f..%2fetc%2fpasswd", "%ff", "a".repeat(600)]) {
      const response = await server.ask("GET", `/api/v1/alerts/${id}`, { headers: ADMIN });
      expect([400, 404], id).toContain(response.status);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      await response.body?.cancel();
    }
  });

  test("NUL, half surrogates, prototype names and endless nesting never reach a handler", async () => {
    const stop = { scope: "agent", target: "scout" };
    for (const reason of ["a\u0000b c", "\ud800 half"]) {
      const problem = await expectProblem(await send(JSON.stringify({ ...stop, reason })), "invalid_body");
      expect(problem).toMatchObject({ errors: [{ where: "/reason" }] });
    }
    await expectProblem(await send('{"__proto__":{"scope":"global"},"reason":"because"}'), "invalid_body");
    await expectProblem(await send('{"constructor":{"prototype":{"x":1}},"reason":"because"}'), "invalid_body");
    await expectProblem(await send("[".repeat(100_000) + "]".repeat(100_000)), "invalid_body");
    await expectProblem(await send('{"a":'.repeat(50_000) + "1" + "}".repeat(50_000)), "invalid_body");
    expect(Object.hasOwn(Object.prototype, "scope")).toBe(false);
  });

  test("content types and encodings that are not read", async () => {
    await expectProblem(await send("{}", { "content-type": "text/plain" }), "unsupported_media_type");
    await expectProblem(await send("{}", { "content-type": "application/x-protobuf" }), "unsupported_media_type");
    await expectProblem(
      await send("{}", { "content-type": "application/json; charset=utf-16" }),
      "unsupported_media_type",
    );
    await expectProblem(await send("{}", { "content-type": "application/x-ndjson" }), "unsupported_media_type");
    await expectProblem(await send("{}", { ...JSON_TYPE, "content-encoding": "gzip" }), "unsupported_media_type");
    await expectProblem(
      await send("a=b", { "content-type": "application/x-www-form-urlencoded" }),
      "unsupported_media_type",
    );
  });

  test("D-3: telemetry may come packed: its unpacked size is limited, and what is not gzip or zstd is named", async () => {
    const packed = { "content-type": "application/x-ndjson", "content-encoding": "gzip" };
    const events = "/api/v1/events";
    const good = await send(new Uint8Array(gzipSync("x".repeat(100_000))), packed, events);
    expect({ status: good.status, receipt: await good.json() }).toMatchObject({
      status: 200,
      receipt: { accepted: 100_000 },
    });
    const bomb = new Uint8Array(gzipSync(new Uint8Array(INTAKE_LIMITS.bodyBytesMax + 1)));
    expect(bomb.length).toBeLessThan(100_000);
    await expectProblem(await send(bomb, packed, events), "payload_too_large");
    await expectProblem(await send("not packed", packed, events), "bad_request");
    const zstd = { ...packed, "content-encoding": "zstd" };
    // a frame with two runs of 50,000 x; one with 200 runs of 128 KiB
    const fine = await send(zstdOfRuns(50_000, 2), zstd, events);
    expect({ status: fine.status, receipt: await fine.json() }).toMatchObject({ receipt: { accepted: 100_000 } });
    await expectProblem(await send(zstdOfRuns(128 * 1024, 200), zstd, events), "payload_too_large");
    await expectProblem(await send("not packed", zstd, events), "bad_request");
    await expectProblem(await send("x", { ...packed, "content-encoding": "br" }, events), "unsupported_media_type");
    await expectProblem(
      await send("x", { ...packed, "content-encoding": "gzip, gzip" }, events),
      "unsupported_media_type",
    );
    await expectAlive();
  });

  test("a method that an address does not take is named with those it takes", async () => {
    const response = await server.ask("DELETE", "/api/v1/incidents/INC-2026-0001", { headers: ADMIN });
    await expectProblem(response, "method_not_allowed");
    expect(response.headers.get("allow")).toBe("GET");
    await expectProblem(await server.ask("GET", "/api/v1/nothing", { headers: ADMIN }), "not_found");
  });
});

describe("limits", () => {
  const HUGE = 100 * 1024 * 1024;
  const head = (extra: string) =>
    `POST ${STOP} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer admin\r\nContent-Type: application/json\r\n${extra}\r\n\r\n`;

  test("a body of 100 MB is refused with 413 before it is read, and a client that sends it all still gets the answer", async () => {
    const response = await send(new Uint8Array(HUGE));
    await expectProblem(response, "payload_too_large");
    const { text, socket } = await talkRaw(server.port, (peer) => peer.write(head(`Content-Length: ${HUGE}`)));
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
    await expectAlive();
  });

  test("who asks before sending 100 MB is not told to go on", async () => {
    const { text, socket } = await talkRaw(server.port, (peer) =>
      peer.write(head(`Content-Length: ${HUGE}\r\nExpect: 100-continue`)),
    );
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
    const small = await talkRaw(server.port, (peer) => peer.write(head("Content-Length: 2\r\nExpect: 100-continue")));
    expect(small.text).toMatch(/^HTTP\/1\.1 100 Continue/);
    small.socket.destroy();
  });

  test("a body without a length is refused as soon as it is too long", async () => {
    const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
    const { text, socket } = await talkRaw(server.port, (peer) => {
      peer.write(head("Transfer-Encoding: chunked"));
      for (let i = 0; i < 20; i++) peer.write(chunk);
    });
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
    await expectAlive();
  });

  test("telemetry may be larger, to its own limit", async () => {
    const line = { "content-type": "application/x-ndjson" };
    const body = new Uint8Array(INTAKE_LIMITS.bodyBytesMax);
    const whole = await send(body, line, "/api/v1/events");
    expect(await whole.json()).toMatchObject({ accepted: body.length });
    await expectProblem(await send(new Uint8Array(body.length + 1), line, "/api/v1/events"), "payload_too_large");
  });

  test("100 MB without credentials: 401 at once", async () => {
    const response = await server.ask("POST", "/api/v1/events", { body: new Uint8Array(HUGE), headers: JSON_TYPE });
    await expectProblem(response, "unauthenticated");
  });

  test("a million headers: 431", async () => {
    const { text } = await talkRaw(server.port, (peer) => {
      peer.write("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n");
      const part = "a: b\r\n".repeat(10_000);
      for (let i = 0; i < 100 && peer.writable; i++) peer.write(part);
    });
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
    expect(text).toContain('"code":"headers_too_large"');
    await expectAlive();
  });

  test("101 short headers: 431", async () => {
    const many = Array.from({ length: 101 }, (_, i) => `x${i}: y\r\n`).join("");
    const { text, socket } = await talkRaw(server.port, (peer) =>
      peer.write(`GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n${many}\r\n`),
    );
    expect(text).toMatch(/^HTTP\/1\.1 431 /);
    socket.destroy();
  });

  test.each([
    ["no HTTP", "\x16\x03\x01\x02\x00\x01\r\n\r\n"],
    ["two lengths", `POST ${STOP} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`],
    [
      "a length and chunks",
      `POST ${STOP} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ["two hosts", "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n"],
    ["no host", "GET /health HTTP/1.1\r\n\r\n"],
    ["a header that smuggles another", "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rY: b\r\n\r\n"],
  ])("%s: 400, and nothing else happens", async (_what, bytes) => {
    const { text, socket } = await talkRaw(server.port, (peer) => peer.write(Buffer.from(bytes, "latin1")));
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
    await expectAlive();
  });

  test.each([
    ["headers", "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "],
    ["a body", `${head("Content-Length: 10")}abc`],
  ])("%s that never end are cut off with a word", async (_what, bytes) => {
    const hasty = await startTestServer({ timeouts: { headersMs: 100, requestMs: 200, checkMs: 50 } });
    const { text, socket } = await talkRaw(hasty.port, (peer) => peer.write(bytes));
    socket.destroy();
    await hasty.close();
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain("did not arrive in time");
  });

  test("a batch of which nothing can be kept is an error that names the lines", async () => {
    services.acceptEvents = async () => ({
      accepted: 0,
      duplicates: 0,
      rejected: [{ line: 2, message: "kind is missing" }],
      rejectedTotal: 7,
    });
    const problem = await expectProblem(await send("{}", JSON_TYPE, "/api/v1/events"), "invalid_body");
    expect(problem).toMatchObject({ errors: [{ where: "line 2", message: "kind is missing" }] });
  });
});

describe("O-5: other sites cannot act through a browser", () => {
  const cookie = "firebreak_session=cookie-admin";
  const stop = (headers: Record<string, string>) =>
    server.ask("POST", STOP, {
      headers: { ...JSON_TYPE, ...headers },
      body: JSON.stringify({ scope: "agent", target: "scout", reason: "because" }),
    });

  test("a change with a cookie needs our own origin", async () => {
    for (const origin of [
      "http://evil.example",
      "null",
      `http://127.0.0.1:${server.port + 1}`,
      "file://",
      "http://127.0.0.1",
    ]) {
      await expectProblem(await stop({ cookie, origin }), "cross_origin");
    }
    await expectProblem(await stop({ cookie, "sec-fetch-site": "cross-site" }), "cross_origin");
    await expectProblem(await stop({ cookie, "sec-fetch-site": "same-site" }), "cross_origin");
    expect((await stop({ cookie, origin: server.origin })).status).toBe(200);
    expect((await stop({ cookie, "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  test("a cookie without any word about its origin is not enough", async () => {
    const body = JSON.stringify({ scope: "agent", target: "scout", reason: "because" });
    const { text, socket } = await talkRaw(server.port, (peer) =>
      peer.write(
        `POST ${STOP} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    );
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect(text).toContain('"cross_origin"');
    socket.destroy();
  });

  test("another site cannot sign a browser in", async () => {
    const response = await server.ask("POST", "/api/v1/sign-in", {
      headers: { ...JSON_TYPE, origin: "http://evil.example" },
      body: JSON.stringify({ name: "mallory", password: "a long pass phrase" }),
    });
    await expectProblem(response, "cross_origin");
  });

  test("a name that is not this machine's is not answered (DNS rebinding)", async () => {
    const ask = (host: string) =>
      talkRaw(server.port, (peer) => peer.write(`GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
    for (const host of [
      "evil.example",
      `evil.example:${server.port}`,
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "",
    ]) {
      expect((await ask(host)).text, host).toMatch(/^HTTP\/1\.1 403 /);
    }
    for (const host of ["localhost", `LOCALHOST:${server.port}`, "127.0.0.1", "[::1]:8080"]) {
      expect((await ask(host)).text, host).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  test("the public name is answered, its origin is ours, and its cookie is for TLS only", async () => {
    const signIn: ApiServices["signIn"] = async () => ({
      cookie: "secret",
      expiresAtMs: Date.UTC(2026, 0, 2, 4, 4, 5),
      me: {
        actor: { kind: "person", id: "usr_1", name: "ada" },
        access: "viewer",
        passwordNeeded: false,
        profile: "p",
        version: "1",
      },
    });
    const behindProxy = await startTestServer({ publicUrl: "https://fire.example", services: { signIn } });
    const body = JSON.stringify({ name: "ada", password: "a long pass phrase" });
    const { text, socket } = await talkRaw(behindProxy.port, (peer) =>
      peer.write(
        `POST /api/v1/sign-in HTTP/1.1\r\nHost: fire.example\r\nOrigin: https://fire.example\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    );
    socket.destroy();
    await behindProxy.close();
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toMatch(
      /set-cookie: firebreak_session=secret; Max-Age=3600; Path=\/; HttpOnly; Secure; SameSite=Strict\r\n/i,
    );
    expect(text).toMatch(/strict-transport-security: max-age=/i);
  });

  test("answers forbid frames, sniffing, foreign scripts and caching", async () => {
    for (const path of ["/health", "/api/v1/me", "/nothing", "/%zz"]) {
      const response = await server.ask("GET", path);
      expect(response.headers.get("content-security-policy"), path).toMatch(
        /default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
      );
      expect(response.headers.get("content-security-policy")).not.toContain("unsafe");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("referrer-policy")).toBe("no-referrer");
      expect(response.headers.get("cache-control")).toBe("no-store");
      await response.body?.cancel();
    }
  });
});

describe("faults", () => {
  const listUsers = () => server.ask("GET", "/api/v1/users", { headers: ADMIN });

  test("an unknown fault tells nothing of its inside; the log has it under the request's id", async () => {
    services.listUsers = () => Promise.reject(new Error("select password_hash from users: secret detail"));
    const response = await listUsers();
    const text = await response.clone().text();
    expect(text).not.toMatch(/select|secret|users/);
    const problem = await expectProblem(response, "internal");
    const { requestId } = Object(problem);
    expect(requestId).toMatch(/^req_/);
    expect(logged.find((line) => line.includes(String(requestId)))).toContain("secret detail");
  });

  test("a database that is away: 503 with the time to come back", async () => {
    services.listUsers = () => Promise.reject(new Error("57P01 terminating connection"));
    const response = await listUsers();
    await expectProblem(response, "storage_unavailable");
    expect(response.headers.get("retry-after")).toBe("2");
  });

  test("too many attempts: 429 with Retry-After", async () => {
    services.signIn = () => Promise.reject(new FirebreakError("too_many_requests", "Wait.", { retryAfterSeconds: 42 }));
    const response = await send('{"name":"ada","password":"wrong"}', JSON_TYPE, "/api/v1/sign-in");
    await expectProblem(response, "too_many_requests");
    expect(response.headers.get("retry-after")).toBe("42");
  });

  test("an answer that says more than its schema is a fault, in tests and development", async () => {
    const user = { ...sample(userView), password_hash: "$scrypt$" };
    services.listUsers = async () => ({ items: [user], next: null });
    const response = await listUsers();
    expect(await response.clone().text()).not.toContain("$scrypt$");
    await expectProblem(response, "internal");
  });

  test("no secret of a request is in the log", () => {
    expect(logged.length).toBeGreaterThan(20);
    for (const line of logged) expect(line).not.toMatch(/Bearer|cookie-admin|a long pass phrase/);
  });
});
