import { EventEmitter, once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OperatorError } from "../kernel/index.ts";
import { PortInUseError } from "./port.ts";
import { createSampleServices, startTestServer, talkRaw } from "./testing.ts";
import type { TestServer } from "./testing.ts";

const HTML = { headers: { accept: "text/html,application/xhtml+xml" } };

describe("the console", () => {
  let directory: string;
  let server: TestServer;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "firebreak-console-"));
    mkdirSync(join(directory, "dist", "assets"), { recursive: true });
    writeFileSync(join(directory, "secret.txt"), "outside");
    writeFileSync(join(directory, "dist", ".env"), "hidden");
    writeFileSync(join(directory, "dist", "index.html"), "<!doctype html><title>Console</title>");
    writeFileSync(join(directory, "dist", "assets", "app-1a2b3c.js"), "export {};");
    writeFileSync(join(directory, "dist", "assets", "app-1a2b3c.js.br"), brotliCompressSync("export {};"));
    server = await startTestServer({ consoleDir: join(directory, "dist") });
  });
  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(["/", "/killswitch", "/incidents/INC-2026-0001", "/sign-in?x=1", "/agents/scout"])(
    "%s gives the page",
    async (path) => {
      const response = await server.ask("GET", path, HTML);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch(/^text\/html/);
      expect(response.headers.get("cache-control")).toBe("no-cache");
      expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(await response.text()).toContain("<title>Console</title>");
    },
  );

  test("files whose names hold a hash are kept for ever", async () => {
    const response = await server.ask("GET", "/assets/app-1a2b3c.js");
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.get("content-type")).toMatch(/^(text|application)\/javascript/);
    expect(await response.text()).toBe("export {};");
  });

  test("O-2: a browser that takes Brotli gets the compressed copy, any other the file", async () => {
    const path = "/assets/app-1a2b3c.js";
    for (const [accepted, sent] of [
      ["gzip, deflate, br", "br"],
      ["gzip", null],
      ["identity", null],
    ] as const) {
      const response = await server.ask("GET", path, { headers: { "accept-encoding": accepted } });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-encoding"), accepted).toBe(sent);
      expect(response.headers.get("content-type")).toMatch(/^(text|application)\/javascript/);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(response.headers.get("vary")).toBe("accept-encoding");
      expect(await response.text()).toBe("export {};");
    }
  });

  test("a file that is not there, and data that is not there, are problems and not the page", async () => {
    for (const [path, init] of [
      ["/assets/gone.js", HTML],
      ["/api/v1/gone", HTML],
      ["/killswitch", {}],
    ] as const) {
      const response = await server.ask("GET", path, init);
      expect(response.status, path).toBe(404);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      await response.body?.cancel();
    }
  });

  test("nothing outside of the build, and nothing hidden, can be read", async () => {
    const paths = [
      "/../secret.txt",
      "/assets/../../secret.txt",
      "/..%2fsecret.txt",
      "/%2e%2e/secret.txt",
      "/.env",
      "//etc/passwd",
      "/..\\secret.txt",
      "/assets/%00",
    ];
    for (const path of paths) {
      const { text, socket } = await talkRaw(
        server.port,
        (peer) => peer.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`),
        /$^/,
      );
      socket.destroy();
      expect(text, path).toMatch(/^HTTP\/1\.1 40[0-9] /);
      expect(text).not.toMatch(/outside|hidden|root:/);
    }
  });
});

test("a console that is not built says how to build it", async () => {
  const server = await startTestServer({ consoleDir: join(tmpdir(), "there-is-no-such-directory") });
  const response = await server.ask("GET", "/", HTML);
  expect(await response.text()).toContain("npm run build");
  expect((await server.ask("GET", "/")).status).toBe(404);
  await server.close();
});

describe("the port", () => {
  test("a port in use is an error for a person, offering the next free one", async () => {
    const first = await startTestServer();
    const fault = await startOn(first.port);
    await first.close();
    expect(fault).toBeInstanceOf(PortInUseError);
    if (!(fault instanceof PortInUseError)) return;
    expect(fault.message).toBe(`Port ${first.port} on 127.0.0.1 is in use.`);
    expect(fault.freePort).toBeGreaterThan(first.port);
    expect(fault.remedy).toContain(`--port ${fault.freePort}`);
  });

  test("an address of another machine is named", async () => {
    const fault = await startOn(0, "192.0.2.1");
    expect(fault).toBeInstanceOf(OperatorError);
    expect(String(fault)).toContain("192.0.2.1");
  });
});

async function startOn(port: number, host = "127.0.0.1"): Promise<unknown> {
  return startTestServer({ port, host }).then(
    (server) => server.close(),
    (fault: unknown) => fault,
  );
}

describe("closing", () => {
  test("a request in progress is finished; a later one is told to come back", async () => {
    const started = new EventEmitter();
    const finish = new EventEmitter();
    const isStarted = once(started, "started");
    const server = await startTestServer({
      services: {
        listRules: async (caller) => {
          const finished = once(finish, "finish");
          started.emit("started");
          await finished;
          return createSampleServices().listRules(caller);
        },
      },
    });
    const slow = server.ask("GET", "/api/v1/rules", { headers: { authorization: "Bearer viewer" } });
    await isStarted;
    const closed = server.close();
    finish.emit("finish");
    expect((await slow).status).toBe(200);
    await closed;
    await expect(server.ask("GET", "/health")).rejects.toThrow("fetch failed");
  });
});
