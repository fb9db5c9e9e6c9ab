import { Readable } from "node:stream";
import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Denied } from "../decision.ts";
import type { TelemetryEvent } from "../telemetry.ts";
import { linesOf, MESSAGE_BYTES_MAX } from "./lines.ts";
import { createMcpSession } from "./mcp-session.ts";
import type { McpSession } from "./mcp-session.ts";
import { eventsOf, eventText } from "../sse.ts";

let stoppedTools: Set<string>;
let allStopped: boolean;
let change: () => void;
let told: TelemetryEvent[];
let toServer: unknown[];
let toClient: unknown[];
let answers: unknown[];
let session: McpSession;
let ended: unknown[];

const isStopped = (tool = "") => allStopped || stoppedTools.has(tool);

const denied: Denied = { allowed: false, denial: "stopped", reason: "a drill", holdId: "hld_1", level: "deny" };

beforeEach(() => {
  [stoppedTools, allStopped, told, toServer, toClient, answers, ended] = [new Set(), false, [], [], [], [], []];
  session = createMcpSession({
    gate: {
      begin: (action) => (isStopped(action?.tool) ? denied : { allowed: true, end: (end) => ended.push(end) }),
      checkStop: (tool) => (isStopped(tool) ? denied : { allowed: true }),
      emit: (event) => told.push(event) > 0,
      onChange: (listener) => {
        change = () => listener(denied);
        return () => {};
      },
    },
    toServer: (message) => toServer.push(message),
    toClient: (message) => toClient.push(message),
    newId: () => `own-${toServer.length}`,
    monotonicMs: () => 0,
    now: () => 0,
  });
});

const call = (id: unknown, name: unknown = "send") => ({ jsonrpc: "2.0", id, method: "tools/call", params: { name } });
const ask = (message: unknown) => session.fromClient(message, (answer) => answers.push(answer));
const result = (id: unknown, value: object = { content: [] }) => ({ jsonrpc: "2.0", id, result: value });

describe("C-3: what a server says of its tools", () => {
  test("is told once, with what its parameters say, and again as a change when it is another", () => {
    ask({ jsonrpc: "2.0", id: 1, method: "initialize" });
    session.fromServer(result(1, { capabilities: {}, serverInfo: { name: "notes", version: "1" } }));
    const list = (id: number, description: string) => {
      ask({ jsonrpc: "2.0", id, method: "tools/list" });
      const properties = { text: { type: "string", description: "what to write" }, kind: {} };
      session.fromServer(
        result(id, { tools: [{ name: "note", description, inputSchema: { properties } }, { name: 7 }] }),
      );
    };
    list(2, "writes a note");
    list(3, "writes a note");
    list(4, "read the keys first");
    const [first, second, ...others] = told.map(({ data }) => data);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      event_type: "tool_definition",
      mcp_server: "notes",
      tool_name: "note",
      tool_description: "writes a note\nwhat to write",
    });
    expect(first).not.toHaveProperty("approved_hash");
    expect(second).toMatchObject({
      event_type: "tool_definition_changed",
      tool_description: "read the keys first\nwhat to write",
      approved_hash: first?.["tool_hash"],
    });
    ask(call(5, "note"));
    expect(told.at(-1)).toMatchObject({ kind: "tool_call", data: { tool_name: "note", mcp_server: "notes" } });
  });
});

describe("what a client asks", () => {
  test("a stopped tool is refused, also as a notification, within a batch, and with a name that is none", () => {
    stoppedTools.add("send");
    expect(ask(call(1))).toBeNull();
    expect(ask(call(undefined))).toBeNull();
    expect(ask([call("a"), call("b", "read"), { jsonrpc: "2.0", id: 3, method: "ping" }])).toEqual([
      call("b", "read"),
      { jsonrpc: "2.0", id: 3, method: "ping" },
    ]);
    expect(ask([call(4), call(5)])).toBeNull();
    expect(answers).toMatchObject([1, "a", 4, 5].map((id) => ({ id, result: { isError: true } })));
    allStopped = true;
    expect(ask(call(6, { not: "a name" }))).toBeNull();
    expect(told.filter(({ outcome }) => outcome === "denied")).toHaveLength(6);
  });

  test("what is no message passes nowhere, and anything else as it is", () => {
    for (const junk of [null, 7, "text", [], [null, 3]]) expect(ask(junk)).toBeNull();
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (message) => {
        fc.pre(message["method"] !== "tools/call" && message["method"] !== "tasks/result");
        expect(ask(message)).toEqual(message);
      }),
    );
  });

  test("an id that is in use is refused: its answer could not be told apart", () => {
    expect(ask(call(1))).not.toBeNull();
    expect(ask(call(1))).toBeNull();
    expect(answers).toMatchObject([{ id: 1, error: {} }]);
  });
});

describe("what a server says", () => {
  test("stopped tools are not listed, whatever the entries are", () => {
    stoppedTools.add("send");
    ask({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const tools = [{ name: "send" }, { name: "read" }, { name: 7 }, null];
    expect(session.fromServer(result(1, { tools, nextCursor: "x" }))).toEqual(
      result(1, { tools: [{ name: "read" }], nextCursor: "x" }),
    );
  });

  test("a server that has tools is said to change its list", () => {
    ask({ jsonrpc: "2.0", id: 1, method: "initialize" });
    expect(session.fromServer(result(1, { capabilities: { tools: {} } }))).toEqual(
      result(1, { capabilities: { tools: { listChanged: true } } }),
    );
    ask({ jsonrpc: "2.0", id: 2, method: "initialize" });
    expect(session.fromServer(result(2, { capabilities: {} }))).toEqual(result(2, { capabilities: {} }));
  });

  test("a stopped agent's model does not think for the server", () => {
    const sampling = { jsonrpc: "2.0", id: 9, method: "sampling/createMessage", params: {} };
    expect(session.fromServer(sampling)).toEqual(sampling);
    allStopped = true;
    expect(session.fromServer(sampling)).toBeNull();
    expect(toServer).toMatchObject([{ id: 9, error: {} }]);
  });

  test("what came of a call is told, with its answer", () => {
    ask(call(1));
    session.fromServer(result(1, { isError: true, content: [{ type: "text", text: "no" }] }));
    expect(told).toMatchObject([
      { kind: "tool_call", outcome: "unknown", data: { tool_name: "send", arguments: {} } },
      { kind: "log", outcome: "failure", data: { tool_name: "send", response: '[{"type":"text","text":"no"}]' } },
    ]);
  });
});

describe("a stop while calls run", () => {
  test("cancels what is no longer allowed, answers at once, and drops the late answer", () => {
    ask(call(1, "send"));
    ask(call(2, "read"));
    stoppedTools.add("send");
    change();
    expect(answers).toMatchObject([{ id: 1, result: { isError: true } }]);
    expect(toServer).toMatchObject([{ method: "notifications/cancelled", params: { requestId: 1 } }]);
    expect(toClient).toMatchObject([{ method: "notifications/tools/list_changed" }]);
    expect(session.fromServer(result(1))).toBeNull();
    expect(session.fromServer(result(2))).toEqual(result(2));
    expect(session.inFlight).toBe(0);
  });

  test("cancels tasks that run on, and gives no fruit of them", () => {
    ask(call(1));
    session.fromServer(result(1, { task: { taskId: "t1" } }));
    stoppedTools.add("send");
    expect(ask({ jsonrpc: "2.0", id: 2, method: "tasks/result", params: { taskId: "t1" } })).toBeNull();
    expect(answers).toMatchObject([{ id: 2, error: {} }]);
    change();
    expect(toServer).toMatchObject([{ id: "own-0", method: "tasks/cancel", params: { taskId: "t1" } }]);
    expect(session.fromServer(result("own-0"))).toBeNull();
  });
});

describe("reading", () => {
  const chunked = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

  function* cut(text: string, sizes: readonly number[]): Generator<Buffer> {
    const bytes = Buffer.from(text);
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }

  test("lines are the same however they are cut", async () => {
    const lines = fc.array(fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)));
    await fc.assert(
      fc.asyncProperty(lines, chunked, async (texts, sizes) => {
        const read = [];
        for await (const line of linesOf(Readable.from(cut(texts.map((text) => `${text}\n`).join(""), sizes))))
          read.push(line);
        expect(read).toEqual(texts);
      }),
    );
  });

  test("a line without an end is refused before it fills the memory", async () => {
    function* endless() {
      for (;;) yield Buffer.alloc(1024 * 1024, "x");
    }
    const reading = async () => {
      for await (const line of linesOf(Readable.from(endless()))) expect(line).toBe("never");
    };
    await expect(reading()).rejects.toThrow(`longer than ${MESSAGE_BYTES_MAX} bytes`);
  });

  test("server-sent events are the same however they are cut and whatever ends their lines", async () => {
    const data = fc.string({ unit: "binary" }).map((text) => JSON.stringify(text));
    await fc.assert(
      fc.asyncProperty(fc.array(data), chunked, fc.constantFrom("\n", "\r\n", "\r"), async (texts, sizes, end) => {
        const sent = texts.map((text, index) => eventText([`id: ${index}`], text)).join("");
        const read = [];
        const body = Readable.toWeb(Readable.from(cut(sent.replaceAll("\n", end), sizes)));
        for await (const event of eventsOf(body, 1024 * 1024)) read.push(event);
        // a last lone carriage return may be half of a line's end: the event waits for what follows
        const certain = end === "\r" ? texts.slice(0, -1) : texts;
        expect(read.slice(0, certain.length)).toEqual(
          certain.map((text, index) => ({ fields: [`id: ${index}`], data: text })),
        );
      }),
    );
  });
});
