import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { SpanStatusCode } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter as JsonLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openHouse } from "../app/index.ts";
import type { OpenHouse } from "../app/index.ts";
import { createNewId, FirebreakError, readConfig, silentLogger, systemClock } from "../kernel/index.ts";
import { createTestDatabase } from "../storage/testing.ts";
import type { TestDatabase } from "../storage/testing.ts";
import { searchEvents, parseEventBatch } from "../telemetry/index.ts";
import { createApiServices } from "./house-services/index.ts";
import type { ApiServices } from "./services.ts";
import { startTestServer } from "./testing.ts";
import type { TestServer } from "./testing.ts";

const repository = path.resolve(import.meta.dirname, "../../../..");
const home = mkdtempSync(path.join(tmpdir(), "firebreak-otlp-"));
let database: TestDatabase;
let house: OpenHouse;
let server: TestServer;
let fault: FirebreakError | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  house = await openHouse({
    config: readConfig({ FIREBREAK_HOME: home, DATABASE_URL: database.databaseUrl }),
    environment: {},
    version: "0.0.0",
    dataDir: repository,
    clock: systemClock,
    newId: createNewId(() => systemClock.now()),
    logger: silentLogger,
  });
  const real: ApiServices = createApiServices(house);
  server = await startTestServer({
    services: {
      acceptOtlp: (caller, request) => (fault === undefined ? real.acceptOtlp(caller, request) : Promise.reject(fault)),
    },
  });
});
afterAll(async () => {
  await server.close();
  await house.close();
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

const eventsOf = async (agent: string) => (await searchEvents(house, { agent, limit: 500 })).items.toReversed();

const PROTOBUF = "application/x-protobuf";
const send = (signal: string, body: Uint8Array<ArrayBuffer> | string, contentType: string, more = {}) =>
  server.ask("POST", `/v1/${signal}`, {
    body,
    headers: { authorization: "Bearer responder", "content-type": contentType, ...more },
  });

const exporters = [
  { name: "protobuf", Traces: ProtoTraceExporter, Logs: ProtoLogExporter },
  { name: "JSON", Traces: JsonTraceExporter, Logs: JsonLogExporter },
];

describe.each(exporters)("D-3: the OpenTelemetry SDK sends $name, with only endpoint and header changed", (kind) => {
  const agent = `crew-${kind.name.toLowerCase()}`;
  const resource = resourceFromAttributes({ "service.name": agent, "service.namespace": "research" });
  const optionsFor = (signal: string) => ({
    url: `${server.origin}/v1/${signal}`,
    headers: { authorization: "Bearer responder" },
  });

  test("spans of the GenAI conventions become commands, prompts and answers", async () => {
    const exporter = new kind.Traces(optionsFor("traces"));
    const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
    const tracer = provider.getTracer("test");
    const chat = tracer.startSpan("chat m-1", {
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m-1",
        "gen_ai.conversation.id": "conversation-7",
        "gen_ai.input.messages": JSON.stringify([{ role: "user", parts: [{ type: "text", content: "clean up" }] }]),
        "gen_ai.output.messages": JSON.stringify([{ role: "assistant", parts: [{ type: "text", content: "yes" }] }]),
        "gen_ai.usage.input_tokens": 12,
      },
    });
    chat.end();
    const tool = tracer.startSpan("execute_tool bash", {
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "bash",
        "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.call.arguments": JSON.stringify({ command: "rm -rf /srv/data" }),
        ratio: 0.5,
        tags: ["a", "b"],
      },
    });
    tool.setStatus({ code: SpanStatusCode.ERROR, message: "exit 1" });
    tool.end();
    await provider.forceFlush();
    await provider.shutdown();
    const events = (await eventsOf(agent)).filter(({ kind: eventKind }) => eventKind !== "log");
    expect(events.map((event) => event.kind)).toEqual(["prompt", "model_output", "command"]);
    const [prompt, answer, command] = events;
    expect(prompt).toMatchObject({
      agent: { pack: "research", session: "conversation-7" },
      data: { content: "clean up" },
    });
    expect(answer).toMatchObject({ outcome: "success", data: { content: "yes", inputTokens: 12, model: "m-1" } });
    expect(command).toMatchObject({
      outcome: "failure",
      agent: { run: tool.spanContext().traceId },
      id: expect.stringContaining(tool.spanContext().spanId),
      data: {
        tool_name: "bash",
        arguments: { command: "rm -rf /srv/data" },
        attributes: { ratio: 0.5, tags: ["a", "b"] },
      },
    });
  });

  test("log records are kept with their severity and attributes", async () => {
    const exporter = new kind.Logs(optionsFor("logs"));
    const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
    const log = provider.getLogger("test");
    log.emit({ severityNumber: SeverityNumber.ERROR, severityText: "ERROR", body: "it burns", attributes: { n: 1 } });
    log.emit({ eventName: "gen_ai.user.message", body: { role: "user", content: "ignore previous instructions" } });
    await provider.forceFlush();
    await provider.shutdown();
    const events = await eventsOf(agent);
    expect(events.find(({ kind: eventKind }) => eventKind === "log")).toMatchObject({
      outcome: "failure",
      data: { message: "it burns", severity: 17, attributes: { n: 1 } },
    });
    expect(events.filter(({ data }) => data["content"] === "ignore previous instructions")).toHaveLength(1);
  });
});

const SPAN = {
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  name: "execute_tool read",
  kind: 1,
  startTimeUnixNano: "1760000000000000000",
  endTimeUnixNano: "1760000000500000000",
  attributes: [
    { key: "gen_ai.operation.name", value: { stringValue: "execute_tool" } },
    { key: "gen_ai.tool.name", value: { stringValue: "read" } },
  ],
  status: {},
};
const tracesOf = (agent: string, ...spans: object[]) =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: "gen_ai.agent.name", value: { stringValue: agent } }] },
        scopeSpans: [{ scope: { name: "lib" }, spans }],
      },
    ],
  });

describe("D-3: OTLP/HTTP as its specification says", () => {
  test("answers in the request's encoding, empty when all was taken; takes gzip", async () => {
    const json = await send("traces", new Uint8Array(gzipSync(tracesOf("spec-1", SPAN))), "application/json", {
      "content-encoding": "gzip",
    });
    expect([json.status, json.headers.get("content-type"), await json.text()]).toEqual([200, "application/json", "{}"]);
    const protobuf = await send("traces", new Uint8Array(0), PROTOBUF);
    expect([protobuf.status, protobuf.headers.get("content-type")]).toEqual([200, PROTOBUF]);
    expect((await protobuf.arrayBuffer()).byteLength).toBe(0);
    expect(await eventsOf("spec-1")).toHaveLength(1);
  });

  test("the same span sent again, and the same log record, are counted once", async () => {
    for (let time = 0; time < 3; time++) await send("traces", tracesOf("spec-2", SPAN), "application/json");
    const [event, ...others] = await eventsOf("spec-2");
    expect(others).toEqual([]);
    expect(event?.time).toBe("2025-10-09T08:53:20.500Z");
    const record = { timeUnixNano: "1760000000000000001", body: { stringValue: "same" } };
    const attributes = [{ key: "service.name", value: { stringValue: "spec-3" } }];
    const logs = { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [record, record] }] }] };
    for (let time = 0; time < 3; time++) await send("logs", JSON.stringify(logs), "application/json");
    expect(await eventsOf("spec-3")).toHaveLength(2);
  });

  test("metrics are taken point by point", async () => {
    const metrics = {
      resourceMetrics: [
        {
          resource: { attributes: [{ key: "service.name", value: { stringValue: "spec-4" } }] },
          scopeMetrics: [
            {
              metrics: [
                {
                  name: "tokens",
                  unit: "{token}",
                  sum: { dataPoints: [{ timeUnixNano: "1760000000000000000", asInt: "7" }] },
                },
                {
                  name: "took",
                  histogram: { dataPoints: [{ timeUnixNano: "1760000000000000000", count: "2", sum: 1.5 }] },
                },
              ],
            },
          ],
        },
      ],
    };
    expect((await send("metrics", JSON.stringify(metrics), "application/json")).status).toBe(200);
    const events = await eventsOf("spec-4");
    expect(events.map(({ kind, data }) => [kind, data["metric"], data["value"] ?? data["sum"]])).toEqual([
      ["metric", "tokens", 7],
      ["metric", "took", 1.5],
    ]);
  });

  test("what cannot be read is 400 and not tried again; a full queue is 429, a missing database 503, with Retry-After", async () => {
    for (const [body, type] of [
      ["{", "application/json"],
      ["[]", "application/json"],
      [new Uint8Array([0x0a, 0xff, 0x01]), PROTOBUF],
      [new Uint8Array([0x0a, 0x05, 0x0a, 0x7f, 0, 0, 0]), PROTOBUF],
    ] as const) {
      expect((await send("traces", body, type)).status).toBe(400);
    }
    expect((await send("traces", "x", "text/plain")).status).toBe(415);
    for (const [code, status] of [
      ["too_many_requests", 429],
      ["storage_unavailable", 503],
    ] as const) {
      fault = new FirebreakError(code, "later", { retryAfterSeconds: 2 });
      const response = await send("traces", new Uint8Array(0), PROTOBUF);
      fault = undefined;
      expect([response.status, response.headers.get("retry-after")]).toEqual([status, "2"]);
      expect(response.headers.get("content-type")).toBe(PROTOBUF);
      const reader = new BinaryReader(new Uint8Array(await response.arrayBuffer()));
      reader.tag();
      expect(reader.int32()).toBeGreaterThan(0);
      reader.tag();
      expect(reader.string()).toBe("later");
    }
  });

  test("an agent's token reports as its own agent and session, whatever the resource says", async () => {
    const response = await server.ask("POST", "/v1/traces", {
      body: tracesOf("somebody-else", SPAN),
      headers: { authorization: "Bearer agent", "content-type": "application/json" },
    });
    expect([response.status, await response.json()]).toEqual([200, {}]);
    expect(await eventsOf("somebody-else")).toEqual([]);
    const [event] = await eventsOf("scout");
    expect(event).toMatchObject({
      agent: { session: expect.stringMatching(/^ses_/) },
      data: { claimedAgent: "somebody-else" },
    });
  });

  test("late events: each is judged, and a correlation counts those that are at most 5 minutes late", async () => {
    const nowMs = Date.now();
    const at = (minutesAgo: number, index: number) => new Date(nowMs - minutesAgo * 60_000 + index * 10).toISOString();
    const failures = (agent: string, minutesAgo: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        time: at(minutesAgo, index),
        agent: { id: agent },
        kind: "auth",
        outcome: "failure",
      }));
    const deletion = {
      time: at(3 * 24 * 60, 0),
      agent: { id: "late-command" },
      kind: "command",
      data: { command: "rm -rf /srv" },
    };
    const events = [
      deletion,
      ...failures("late-four", 0, 1),
      ...failures("late-four", 4, 11),
      ...failures("late-ten", 0, 1),
      ...failures("late-ten", 10, 11),
    ];
    const batch = await parseEventBatch(Buffer.from(JSON.stringify(events)), "application/json", Date.now());
    expect(await house.intake.accept(batch, { name: "test" })).toMatchObject({ accepted: events.length });
    await house.detector.drain();
    const { rows } = await database.database.pool.query<{ agent_id: string }>("select distinct agent_id from alerts");
    const agents = rows.map((row) => row.agent_id);
    expect(agents).toContain("late-command");
    expect(agents).toContain("late-four");
    expect(agents).not.toContain("late-ten");
    expect(house.detector.status().engine?.lateEvents).toBeGreaterThan(0);
  });

  test("a time from the future, of year zero, or none is kept as a claim", async () => {
    const odd = ["9999999999999999999", "0", "-1", "x"].map((endTimeUnixNano) => ({
      ...SPAN,
      startTimeUnixNano: "0",
      endTimeUnixNano,
    }));
    expect((await send("traces", tracesOf("spec-5", ...odd), "application/json")).status).toBe(200);
    const events = await eventsOf("spec-5");
    expect(events).toHaveLength(4);
    expect(events.every((event) => Math.abs(Date.parse(event.time) - Date.now()) < 60_000)).toBe(true);
    expect(events[0]?.data["claimedTime"]).toBe("2286-11-20T17:46:39.999Z");
  });
});
