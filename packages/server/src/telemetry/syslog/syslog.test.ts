import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect as connectTls } from "node:tls";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../../../../test/harness/processes.ts";
import { createNewId, FirebreakError, silentLogger, systemClock } from "../../kernel/index.ts";
import { createTestDatabase } from "../../storage/testing.ts";
import type { TestDatabase } from "../../storage/testing.ts";
import { createIntake, createSyslog, openFieldMaps, readEventsAfter } from "../index.ts";
import type { FieldMapSet, Intake, Syslog } from "../index.ts";

const run = promisify(execFile);
const maps = path.resolve(import.meta.dirname, "../../../../../maps");
const newId = createNewId(() => Date.now());
let test: TestDatabase;
let fieldMaps: FieldMapSet;
let home: string;
let intake: Intake;
let syslog: Syslog;
const sockets = new Set<Socket>();

beforeAll(async () => {
  test = await createTestDatabase();
  fieldMaps = await openFieldMaps([maps]);
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.database.pool.query("truncate events; truncate agents; alter sequence events_seq restart");
  home = mkdtempSync(path.join(tmpdir(), "firebreak-syslog-"));
  intake = createIntake({
    database: test.database,
    clock: systemClock,
    newId,
    logger: silentLogger,
    onStored: () => {},
  });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await syslog.close();
  await intake.close();
  rmSync(home, { recursive: true });
});

function listen(listeners: readonly object[], through: Intake = intake): Promise<void> {
  writeFileSync(path.join(home, "syslog.yaml"), JSON.stringify({ listeners }));
  syslog = createSyslog({ home, fieldMaps, intake: through, clock: systemClock, newId, logger: silentLogger });
  return syslog.pass();
}
function listener() {
  const [view] = syslog.view().items;
  if (view === undefined) throw new Error("there is no listener");
  return view;
}
const port = () => Number(listener().listen.split(":").at(-1));
const stored = () => readEventsAfter(test, 0, 10_000);
const untilStored = (count: number) =>
  waitFor(`${count} events`, 30_000, async () => {
    const events = await stored();
    return events.length === count ? events : undefined;
  });
const FAILED = "Failed password for root from 203.0.113.9 port 51022 ssh2";
const ofHost = (n: number) => `<38>1 2026-11-27T10:00:00Z gate sshd 12 - - message ${n}`;
function send(text: string, to = port()): Socket {
  const socket = connect(to, "127.0.0.1");
  socket.on("error", () => {});
  sockets.add(socket);
  socket.end(text);
  return socket;
}

describe("D-3: system logs over the network", () => {
  it("come from the real logger(1), by both framings and formats, and sign-ins are events of kind auth", async () => {
    await listen([{ name: "hosts", listen: "tcp://127.0.0.1:0", pack: "servers" }]);
    const target = ["--server", "127.0.0.1", "--port", String(port()), "--tcp", "--tag", "sshd"];
    await run("logger", [...target, "--rfc5424", "--octet-count", FAILED]);
    await run("logger", [...target, "--rfc5424", FAILED]);
    await run("logger", [...target, "--rfc3164", FAILED]);
    for (const event of await untilStored(3)) {
      expect(event).toMatchObject({
        kind: "auth",
        outcome: "failure",
        source: "syslog hosts",
        agent: { pack: "servers" },
      });
      expect(event.data).toMatchObject({ user: "root", source_address: "203.0.113.9" });
    }
    expect(listener()).toMatchObject({ state: "listening", lines: 3, events: 3, unreadable: 0 });
  });

  it("are kept also when they are no system log, and a sender without framing is told of", async () => {
    await listen([{ name: "hosts", listen: "tcp://127.0.0.1:0" }]);
    send("hello\n");
    expect((await untilStored(1))[0]).toMatchObject({ kind: "log", data: { content: "hello" } });
    send("12x");
    await waitFor("the problem", 30_000, async () =>
      listener().lastProblem?.message.includes("the connection was closed") === true ? true : undefined,
    );
    expect(listener().unreadable).toBe(1);
  });

  it("wait in the sender while the intake takes nothing, and each is stored once", async () => {
    let refusals = 3;
    const unwilling: Intake = {
      ...intake,
      accept: async (batch, sender) => {
        refusals -= 1;
        if (refusals >= 0) throw new FirebreakError("too_many_requests", "the queue is full");
        return intake.accept(batch, sender);
      },
    };
    await listen([{ name: "hosts", listen: "tcp://127.0.0.1:0" }], unwilling);
    send(Array.from({ length: 50 }, (_, n) => `${ofHost(n)}\n`).join(""));
    const events = await untilStored(50);
    expect(new Set(events.map(({ data }) => data["message"])).size).toBe(50);
    expect(refusals).toBeLessThan(0);
  });

  it("that were read are stored before it ends", async () => {
    await listen([{ name: "hosts", listen: "tcp://127.0.0.1:0" }]);
    send(Array.from({ length: 300 }, (_, n) => `${ofHost(n)}\n`).join(""));
    await waitFor("the first messages", 30_000, async () => (listener().lines > 0 ? true : undefined));
    const { lines } = listener();
    await syslog.close();
    expect((await stored()).length).toBeGreaterThanOrEqual(lines);
  });

  it("come only from who is allowed", async () => {
    await listen([{ name: "hosts", listen: "tcp://127.0.0.1:0", allow: ["192.0.2.0/24"] }]);
    send(`${ofHost(1)}\n`);
    await waitFor("the refusal", 30_000, async () => (listener().turnedAway === 1 ? true : undefined));
    expect(await stored()).toEqual([]);
  });

  it("follow the file: what is new listens, what is gone ends, and what is wrong is named and stops nothing else", async () => {
    await listen([{ name: "one", listen: "tcp://127.0.0.1:0" }]);
    const before = port();
    const entries = [
      { name: "one", listen: "tcp://127.0.0.1:0" },
      { name: "open", listen: "tcp://0.0.0.0:0" },
      { name: "keyless", listen: "tls://127.0.0.1:0" },
      { name: "nowhere", listen: "tcp://127.0.0.1:0", map: "no-such-map" },
      { name: "wide", listen: "tcp://0.0.0.0:0", allow: ["10.0.0.0/99"] },
      { name: "one", listen: "tcp://127.0.0.1:0" },
    ];
    writeFileSync(path.join(home, "syslog.yaml"), JSON.stringify({ listeners: entries }, undefined, 1));
    await syslog.pass();
    expect(port()).toBe(before);
    const { items, problems } = syslog.view();
    expect(items.map(({ name }) => name)).toEqual(["one"]);
    expect(problems.map(({ message }) => message)).toEqual([
      "anybody who reaches 0.0.0.0 could write events",
      "tls needs a certificate and its key",
      "10.0.0.0/99 is no network",
      "two entries are named one",
      expect.stringContaining("no-such-map"),
    ]);
    writeFileSync(path.join(home, "syslog.yaml"), '{"listeners": []}');
    await syslog.pass();
    expect(syslog.view()).toEqual({ items: [], problems: [] });
  });

  it("says when its port is taken, and listens when it is free", async () => {
    await listen([{ name: "one", listen: "tcp://127.0.0.1:0" }]);
    const other = createSyslog({ home, fieldMaps, intake, clock: systemClock, newId, logger: silentLogger });
    writeFileSync(
      path.join(home, "syslog.yaml"),
      JSON.stringify({ listeners: [{ name: "two", listen: `tcp://127.0.0.1:${port()}` }] }),
    );
    await other.pass();
    expect(other.view().items[0]).toMatchObject({
      state: "failed",
      lastProblem: { message: expect.stringContaining("EADDRINUSE") },
    });
    await syslog.close();
    await other.pass();
    expect(other.view().items[0]?.state).toBe("listening");
    await other.close();
  });
});

describe("D-3: system logs over TLS", () => {
  const pem = (name: string) => path.join(home, `${name}.pem`);
  const openssl = (...args: string[]) => execFileSync("/usr/bin/openssl", args, { stdio: "ignore" });
  function issue(name: string, more: readonly string[] = []): void {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", pem(`${name}-key`)];
    openssl("req", "-x509", ...key, "-out", pem(name), "-days", "2", "-subj", `/CN=${name}`, ...more);
  }

  it("takes senders with a certificate of the authority, and no others", async () => {
    issue("localhost", ["-addext", "subjectAltName=DNS:localhost"]);
    issue("authority");
    issue("sender", ["-CA", pem("authority"), "-CAkey", pem("authority-key")]);
    const files = { certificate: pem("localhost"), key: pem("localhost-key"), clientCa: pem("authority") };
    await listen([{ name: "far", listen: "tls://127.0.0.1:0", ...files }]);
    const read = (name: string) => execFileSync("cat", [pem(name)]);
    const open = (credentials: object) => {
      const socket = connectTls({
        port: port(),
        host: "127.0.0.1",
        servername: "localhost",
        ca: read("localhost"),
        ...credentials,
      });
      sockets.add(socket);
      socket.on("error", () => {});
      return socket;
    };
    open({}).end(`${ofHost(0)}\n`);
    await waitFor("the refusal", 30_000, async () => (listener().turnedAway > 0 ? true : undefined));
    const message = ofHost(1);
    open({ cert: read("sender"), key: read("sender-key") }).end(`${Buffer.byteLength(message)} ${message}`);
    expect((await untilStored(1))[0]?.data["message"]).toBe("message 1");
  });
});
