import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { assert, ipV4, property } from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { parseNetwork } from "../../../kernel/index.ts";
import { isPrivateAddress } from "../hooks/private-address.ts";
import { describeProbeContract, effectorContextFor, effectorOf } from "../testing.ts";
import { refuseAddress } from "./reachable-address.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens to no port");
  return address.port;
}

interface Site {
  readonly base: string;
  readonly requests: string[];
}

async function openSite(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Site> {
  const requests: string[] = [];
  const server = createHttpServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  const port = await listen(server);
  closers.unshift(async () => server.closeAllConnections());
  return { base: `http://127.0.0.1:${port}`, requests };
}

const ask = (parameters: unknown, changes = {}, settings: unknown = {}) =>
  effectorOf("check.http", settings).apply(effectorContextFor("/nowhere", changes), parameters);

/** @returns a port of loopback at which nobody listens */
async function closedPort(): Promise<number> {
  const port = await listen(createTcpServer());
  await closers.pop()?.();
  return port;
}

describeProbeContract(
  "check.http",
  async () => {
    const { base } = await openSite((_request, response) => response.end("fine"));
    const parameters = { url: `${base}/health`, contains: "fine" };
    return { settings: {}, parameters, look: async () => null, close: async () => {} };
  },
  ({ up, status, contains }) => ({ up, status, contains }),
);

describeProbeContract(
  "check.tcp",
  async () => {
    const port = await listen(createTcpServer((socket) => socket.resume().end()));
    return { settings: {}, parameters: { host: "127.0.0.1", port }, look: async () => null, close: async () => {} };
  },
  ({ open }) => open,
);

describe("check.http", () => {
  test("C-3: says status, time and whether the text is in the answer", async () => {
    const { base } = await openSite((request, response) => response.writeHead(200).end(`you asked ${request.url}`));
    const found = await ask({ url: `${base}/health`, contains: "asked /health" });
    expect(found).toMatchObject({ ok: true, output: { up: true, status: 200, contains: true, problem: "" } });
    expect(await ask({ url: `${base}/health`, contains: "nothing" })).toMatchObject({ output: { contains: false } });
    expect(await ask({ url: `${base}/health` })).toMatchObject({ output: { contains: false } });
  });

  test("C-3: is answered by what is not up: a refused connection, silence, a server's error, garbage", async () => {
    const gone = await ask({ url: `http://localhost:${await closedPort()}/` });
    expect(gone).toMatchObject({
      ok: true,
      output: { up: false, status: 0, problem: expect.stringContaining("ECONNREFUSED") },
    });
    const silent = await openSite(() => {});
    expect(await ask({ url: silent.base, timeoutMs: 100 })).toMatchObject({
      ok: true,
      output: { up: false, problem: "no answer within 100 ms" },
    });
    const broken = await openSite((_request, response) => response.writeHead(503).end());
    expect(await ask({ url: broken.base })).toMatchObject({ ok: true, output: { up: false, status: 503 } });
    const garbage = await listen(createTcpServer((socket) => socket.resume().end("\u0000\u0001 not HTTP\r\n")));
    expect(await ask({ url: `http://127.0.0.1:${garbage}` })).toMatchObject({ ok: true, output: { up: false } });
  });

  test("C-3: follows no redirect, and says that it is one", async () => {
    const { base, requests } = await openSite((_request, response) =>
      response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end(),
    );
    expect(await ask({ url: `${base}/go` })).toMatchObject({ ok: true, output: { status: 302 } });
    expect(requests).toEqual(["GET /go"]);
  });

  test("C-3: reads the first MiB of an endless answer and no more", async () => {
    const { base } = await openSite((_request, response) => {
      const write = (): void => {
        while (response.write("x".repeat(65_536)));
        response.once("drain", write);
      };
      write();
    });
    expect(await ask({ url: base, contains: "needle" })).toMatchObject({ ok: true, output: { contains: false } });
  });

  test("C-3: finds a text that comes in two parts", async () => {
    const { base } = await openSite((_request, response) => {
      response.write("x".repeat(100_000) + "nee");
      response.end("dle");
    });
    expect(await ask({ url: base, contains: "needle" })).toMatchObject({ output: { contains: true } });
  });

  test.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://[fd00:ec2::254]/",
    "http://2852039166/", // 169.254.169.254 as one number
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://0.0.0.0:1/",
    "http://10.1.2.3/",
    "http://192.168.1.1/",
  ])("C-3: sends nothing to %s", async (url) => {
    expect(await ask({ url })).toMatchObject({ ok: false, reason: "denied" });
  });

  test("C-3: the profile allows private networks, and metadata never", async () => {
    const networks = ["10.255.255.0/24", "0.0.0.0/0", "::/0"].flatMap((text) => parseNetwork(text) ?? []);
    expect(refuseAddress("10.255.255.254", networks.slice(0, 1))).toBeNull();
    expect(refuseAddress("10.255.254.1", networks.slice(0, 1))).toContain("effectors.checks.privateNetworks");
    const settings = { checks: { privateNetworks: ["0.0.0.0/0", "::/0"] } };
    expect(await ask({ url: "http://169.254.169.254/" }, {}, settings)).toMatchObject({ ok: false, reason: "denied" });
    expect(await ask({ url: "http://[64:ff9b::a9fe:a9fe]/" }, {}, settings)).toMatchObject({ reason: "denied" });
  });

  test.each(["ftp://localhost/", "file:///etc/passwd", "http://user:pass@localhost/", "nonsense", "gopher://x"])(
    "C-3: does not take %s",
    async (url) => {
      await expect(ask({ url })).rejects.toThrow("http");
    },
  );

  test("C-3: ends with the step's time, and repeats nothing that stands behind the question mark", async () => {
    const silent = await openSite(() => {});
    const given = { url: `${silent.base}/a?token=abcdef`, timeoutMs: 60_000 };
    const outcome = await ask(given, { signal: AbortSignal.timeout(50) });
    expect(outcome).toMatchObject({ ok: false, reason: "timed_out" });
    expect(outcome.message).not.toContain("abcdef");
  });
});

describe("check.tcp", () => {
  const knock = (parameters: unknown) => effectorOf("check.tcp", {}).apply(effectorContextFor("/nowhere"), parameters);

  test("C-3: tells an open port from a closed one", async () => {
    const port = await listen(createTcpServer((socket) => socket.resume().end()));
    expect(await knock({ host: "localhost", port })).toMatchObject({ ok: true, output: { open: true } });
    expect(await knock({ host: "127.0.0.1", port: await closedPort() })).toMatchObject({
      ok: true,
      output: { open: false, problem: expect.stringContaining("ECONNREFUSED") },
    });
  });

  test("C-3: sends nothing to metadata or private networks", async () => {
    for (const host of ["169.254.169.254", "::ffff:169.254.169.254", "10.0.0.1"])
      expect(await knock({ host, port: 80 }), host).toMatchObject({ ok: false, reason: "denied" });
  });
});

test("C-3: the endpoints of the profile's services may be asked, no other port of theirs, and metadata never", async () => {
  const services = [
    { name: "cache", systemd: "redis.service", check: { kind: "tcp", host: "10.255.255.254", port: 9 } },
    { name: "web", systemd: "web.service", check: { kind: "http", url: "http://10.255.255.253:8080/health" } },
    { name: "trap", systemd: "trap.service", check: { kind: "http", url: "http://169.254.169.254/health" } },
  ];
  const knock = (host: string, port: number) =>
    effectorOf("check.tcp", {}, {}, services).apply(effectorContextFor("/nowhere"), { host, port, timeoutMs: 50 });
  expect(await knock("10.255.255.254", 9)).toMatchObject({ ok: true });
  expect(await knock("10.255.255.253", 8080)).toMatchObject({ ok: true });
  for (const [host, port] of [
    ["10.255.255.254", 10],
    ["10.255.255.253", 80],
    ["10.255.255.252", 9],
    ["169.254.169.254", 80],
  ] as const)
    expect(await knock(host, port), host).toMatchObject({ ok: false, reason: "denied" });
});

test("C-3: no private IPv4 address is asked but loopback and this machine's own", () => {
  assert(
    property(ipV4(), (address) => {
      const isSilent = refuseAddress(address, []) !== null;
      return isSilent || !isPrivateAddress(address) || address.startsWith("127.");
    }),
  );
});
