import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, handoff, Runner, shellTool, tool as agentTool, Usage } from "@openai/agents-core";
import type { MCPServer, Model, ModelRequest, ModelResponse } from "@openai/agents-core";
import type { Actor } from "@firebreak/protocol";
import { generateText, isStepCount, streamText, tool as aiTool, ToolLoopAgent } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { AIMessage, createAgent, createMiddleware, fakeModel, tool as chainTool, ToolMessage } from "langchain";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createNewId, silentLogger, systemClock } from "../../../server/src/kernel/index.ts";
import type { Killswitch } from "../../../server/src/killswitch/index.ts";
import { openKillswitch } from "../../../server/src/killswitch/index.ts";
import type { Gate, TelemetryEvent } from "../index.ts";
import { createGate, GateDeniedError } from "../index.ts";
import { guardSettings } from "./ai.ts";
import { gateMiddleware } from "./langchain.ts";
import { guardAgent, stopSignal } from "./openai-agents.ts";

const actor: Actor = { kind: "person", id: "usr_1", name: "Ada" };

let home: string;
let killswitch: Killswitch;
let gate: Gate;
let told: TelemetryEvent[];
let sent: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "fb-frameworks-"));
  const newId = createNewId(() => systemClock.now());
  killswitch = openKillswitch({ home, clock: systemClock, newId, logger: silentLogger });
  told = [];
  sent = [];
  const real = createGate({ killswitchDir: killswitch.dir, agent: "scout", pack: "research" });
  gate = { ...real, emit: (event) => (told.push(event), real.emit(event)) };
});
afterEach(async () => {
  await gate.close(0);
  killswitch.close();
  rmSync(home, { recursive: true, force: true });
});

/** The hold, once this process's gate knows of it. */
async function stop(scope: "agent" | "tool", target: string): Promise<string> {
  const changed = new Promise((resolve) => gate.onChange(resolve));
  const { id } = await killswitch.add({ scope, target, level: "deny", reason: "leaks a key", actor });
  await changed;
  return id;
}

async function resume(id: string): Promise<void> {
  const changed = new Promise((resolve) => gate.onChange(resolve));
  await killswitch.release(id, { actor, reason: "a test" });
  await changed;
}

const outcomes = () => told.map(({ kind, outcome, data }) => `${kind} ${String(data?.["tool_name"])} ${outcome}`);
const REFUSED = /tool send is stopped: leaks a key\. A person decides/;
const send = (text: string) => (sent.push(text), "sent");
/** Ends when it is told to, and notes that it was. */
function waitForAbort(signal: AbortSignal | undefined, begun: () => void): Promise<string> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => (sent.push("aborted"), reject(signal.reason)), { once: true });
    begun();
  });
}

describe("OpenAI Agents", () => {
  /** A model that calls `send` once each turn of this list, then says what it was told. */
  class ScriptedModel implements Model {
    readonly heard: string[] = [];
    readonly #turns: (ModelResponse["output"][number] | ((request: ModelRequest) => Promise<never>))[];
    constructor(...turns: (ModelResponse["output"][number] | ((request: ModelRequest) => Promise<never>))[]) {
      this.#turns = turns;
    }
    async getResponse(request: ModelRequest): Promise<ModelResponse> {
      const input = typeof request.input === "string" ? [] : request.input;
      for (const item of input.slice(-1))
        if (item.type === "function_call_result" || item.type === "shell_call_output")
          this.heard.push(JSON.stringify(item.output));
      const turn = this.#turns.shift() ?? text("done");
      return { usage: new Usage(), output: [typeof turn === "function" ? await turn(request) : turn] };
    }
    // oxlint-disable-next-line require-yield
    async *getStreamedResponse(): AsyncGenerator<never> {
      throw new Error("not scripted");
    }
  }
  const text = (words: string): ModelResponse["output"][number] => ({
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: words }],
  });
  const call = (name: string, args: object = { text: "hi" }) =>
    ({
      type: "function_call",
      callId: `call_${Math.random()}`,
      name,
      arguments: JSON.stringify(args),
      status: "completed",
    }) as const;
  const sendTool = () =>
    agentTool({
      name: "send",
      description: "x",
      parameters: z.object({ text: z.string() }),
      execute: ({ text: words }) => send(words),
    });
  const runner = new Runner({ tracingDisabled: true });

  test("C-3: a stopped tool does not run, the model hears why, and it runs again after the resume", async () => {
    const model = new ScriptedModel(call("send"), call("send"), text("done"), call("send"));
    const agent = guardAgent(gate, new Agent({ name: "a", instructions: "be brief", model, tools: [sendTool()] }));
    expect(guardAgent(gate, agent)).toBe(agent);
    const id = await stop("tool", "send");
    await runner.run(agent, "go");
    expect(sent).toEqual([]);
    expect(model.heard).toMatchObject([expect.stringMatching(REFUSED), expect.stringMatching(REFUSED)]);
    await resume(id);
    expect((await runner.run(agent, "go")).finalOutput).toBe("done");
    expect(sent).toEqual(["hi"]);
    expect(outcomes()).toEqual([
      "tool_call send denied",
      "tool_call send denied",
      "tool_call send unknown",
      "log send success",
    ]);
  });

  test("C-3: a stop ends the run under way, and a stopped agent gets no turn and no hand-off", async () => {
    let think = () => {};
    const thinks = new Promise<void>((resolve) => (think = resolve));
    const model = new ScriptedModel(({ signal }) => waitForAbort(signal, think) as Promise<never>);
    const agent = guardAgent(gate, new Agent({ name: "a", model, tools: [] }));
    const run = runner.run(agent, "go", { signal: stopSignal(gate) });
    run.catch(() => {});
    await thinks;
    const id = await stop("agent", "scout");
    await expect(run).rejects.toThrow("agent scout is stopped: leaks a key");
    expect(sent).toEqual(["aborted"]);
    await expect(runner.run(agent, "go")).rejects.toThrow(GateDeniedError);
    await resume(id);
    expect((await runner.run(agent, "go", { signal: stopSignal(gate) })).finalOutput).toBe("done");
  });

  test("C-3: a stop answers for the tool under way; shells and MCP servers stand behind the gate too", async () => {
    let begin = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const waits = agentTool({
      name: "send",
      description: "x",
      parameters: z.object({ text: z.string() }),
      execute: () => waitForAbort(undefined, begin),
    });
    const shell = shellTool({ shell: { run: async () => (sent.push("shell"), { output: [] }) } });
    const server: MCPServer = {
      name: "notes",
      cacheToolsList: false,
      connect: async () => {},
      close: async () => {},
      invalidateToolsCache: async () => {},
      listTools: async () => [
        { name: "note", inputSchema: { type: "object", properties: {}, required: [], additionalProperties: false } },
      ],
      callTool: async () => (sent.push("note"), [{ type: "text", text: "noted" }]),
    };
    const runsShell = { type: "shell_call" as const, callId: "call_s", action: { commands: ["ls"] } };
    const model = new ScriptedModel(
      call("send"),
      runsShell,
      call("note", {}),
      text("done"),
      runsShell,
      call("note", {}),
    );
    const agent = guardAgent(gate, new Agent({ name: "a", model, tools: [waits, shell], mcpServers: [server] }));
    const run = runner.run(agent, "go");
    await begun;
    const ids = [await stop("tool", "shell"), await stop("tool", "note"), await stop("tool", "send")];
    expect((await run).finalOutput).toBe("done");
    expect(sent).toEqual([]);
    expect(model.heard[0]).toMatch(/It was stopped while it ran/);
    expect(model.heard.slice(1)).toMatchObject(
      [/shell is stopped: leaks a key/, /note is stopped: leaks a key/].map((words): unknown =>
        expect.stringMatching(words),
      ),
    );
    for (const id of ids) await resume(id);
    await runner.run(agent, "go");
    expect(sent).toEqual(["shell", "note"]);
    const other = { ...gate };
    expect(() => guardAgent(other, new Agent({ name: "b", model, tools: [waits] }))).toThrow(/another gate already/);
  });

  test.each(["agent", "handoff"])("C-3: who is handed to (as %s) stands behind the gate too", async (kind) => {
    const inner = new ScriptedModel(call("send"));
    const second = new Agent({ name: "second", model: inner, tools: [sendTool()] });
    const first = new Agent({
      name: "first",
      model: new ScriptedModel(call("transfer_to_second", {}), call("transfer_to_second", {})),
      handoffs: [kind === "agent" ? second : handoff(second)],
    });
    first.handoffs = [...first.handoffs, first];
    guardAgent(gate, first);
    const id = await stop("tool", "send");
    await runner.run(first, "go");
    expect(inner.heard.at(-1)).toMatch(REFUSED);
    await resume(id);
    await stop("agent", "scout");
    await expect(runner.run(first, "go")).rejects.toThrow(GateDeniedError);
    await expect(runner.run(second, "go")).rejects.toThrow(GateDeniedError);
    expect(sent).toEqual([]);
  });
});

describe("Vercel AI SDK", () => {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 1, text: 1, reasoning: undefined },
  };
  const turn = (content: { type: "text"; text: string } | { type: "tool-call"; toolName: string }) => ({
    content: [content.type === "text" ? content : { ...content, toolCallId: "call_1", input: '{"text":"hi"}' }],
    finishReason: { unified: content.type === "text" ? ("stop" as const) : ("tool-calls" as const), raw: undefined },
    usage,
    warnings: [],
  });
  const sends = turn({ type: "tool-call", toolName: "send" });
  const done = turn({ type: "text", text: "done" });
  const input = z.object({ text: z.string() });
  const sendTool = aiTool({ inputSchema: input, execute: ({ text }) => send(text) });
  const stopWhen = isStepCount(4);

  test("C-3: a stopped tool is denied, the model hears why, and it runs again after the resume", async () => {
    const model = new MockLanguageModelV4({ doGenerate: [sends, done, sends, done] });
    const settings = guardSettings(gate, { model, tools: { send: sendTool }, prompt: "go", stopWhen });
    const id = await stop("tool", "send");
    expect((await generateText(settings)).text).toBe("done");
    expect(sent).toEqual([]);
    expect(JSON.stringify(model.doGenerateCalls[1]?.prompt)).toMatch(REFUSED);
    await resume(id);
    const result = await generateText(settings);
    expect(sent).toEqual(["hi"]);
    expect(result.steps[0]?.toolResults).toMatchObject([{ output: "sent" }]);
    expect(outcomes()).toEqual(["tool_call send denied", "tool_call send unknown", "log send success"]);
  });

  test("C-3: approvals that the application asks for stay, and a stop comes before them", async () => {
    const asking = { send: aiTool({ inputSchema: input, needsApproval: true, execute: ({ text }) => send(text) }) };
    const run = async (more: object) => {
      const model = new MockLanguageModelV4({ doGenerate: [sends, done] });
      const settings = { model, tools: asking, prompt: "go", stopWhen, ...more };
      const { steps } = await generateText(guardSettings(gate, settings));
      return steps.flatMap(({ content }) => content.map(({ type }) => type));
    };
    const answers = {
      own: {},
      map: { toolApproval: { send: "user-approval" as const } },
      all: { toolApproval: () => "user-approval" as const },
    };
    for (const more of Object.values(answers)) expect(await run(more)).toEqual(["tool-call", "tool-approval-request"]);
    await stop("tool", "send");
    for (const more of Object.values(answers)) expect(await run(more)).toContain("tool-approval-response");
    expect(sent).toEqual([]);
  });

  test("C-3: a stop ends the tool under way, also one that answers in pieces, and the run; none begins", async () => {
    let begin = () => {};
    const begun = () => new Promise<void>((resolve) => (begin = resolve));
    const wait = aiTool({ inputSchema: input, execute: (_, { abortSignal }) => waitForAbort(abortSignal, begin) });
    const pieces = aiTool({
      inputSchema: input,
      async *execute(_, { abortSignal }) {
        yield "first";
        yield await waitForAbort(abortSignal, begin);
      },
    });
    for (const tool of [wait, pieces]) {
      const model = new MockLanguageModelV4({ doGenerate: [sends, done] });
      const running = begun();
      const run = generateText(guardSettings(gate, { model, tools: { send: tool }, prompt: "go", stopWhen }));
      await running;
      const id = await stop("tool", "send");
      await run;
      expect(JSON.stringify(model.doGenerateCalls[1]?.prompt)).toMatch(/stopped while it ran/);
      await resume(id);
    }
    expect(sent).toEqual(["aborted", "aborted"]);

    const thinking = begun();
    const model = new MockLanguageModelV4({
      doGenerate: ({ abortSignal }) => waitForAbort(abortSignal, begin) as Promise<never>,
    });
    const agent = new ToolLoopAgent(guardSettings(gate, { model, tools: { send: sendTool } }));
    const run = agent.generate({ prompt: "go", abortSignal: stopSignal(gate) });
    run.catch(() => {});
    await thinking;
    const id = await stop("agent", "scout");
    await expect(run).rejects.toThrow("agent scout is stopped: leaks a key");
    await expect(agent.generate({ prompt: "go" })).rejects.toThrow(GateDeniedError);
    expect(model.doGenerateCalls).toHaveLength(1);
    const errors: unknown[] = [];
    const onError = ({ error }: { readonly error: unknown }) => void errors.push(error);
    await streamText(guardSettings(gate, { model, prompt: "go", onError })).consumeStream();
    expect(errors).toMatchObject([{ name: "GateDeniedError" }]);
    await resume(id);
    expect(outcomes().filter((line) => line === "log send denied")).toHaveLength(2);
  });
});

describe("LangChain", () => {
  const call = { id: "call_1", name: "send", args: { text: "hi" } };
  const sendTool = chainTool(({ text }: { text: string }) => send(text), {
    name: "send",
    schema: z.object({ text: z.string() }),
  });
  const agentOf = (model: ReturnType<typeof fakeModel>, run: typeof sendTool = sendTool) =>
    createAgent({ model, tools: [run], middleware: [createMiddleware(gateMiddleware(gate, ToolMessage))] });
  const done = new AIMessage("done");
  const go = { messages: [{ role: "user" as const, content: "go" }] };
  const refusalIn = ({ messages }: { readonly messages: readonly unknown[] }) =>
    messages.find((one) => ToolMessage.isInstance(one));

  test("C-3: a stopped tool does not run, the model hears why, and it runs again after the resume", async () => {
    const agent = agentOf(fakeModel().respondWithTools([call]).respond(done).respondWithTools([call]).respond(done));
    const id = await stop("tool", "send");
    const content: unknown = expect.stringMatching(REFUSED);
    expect(refusalIn(await agent.invoke(go))).toMatchObject({ status: "error", tool_call_id: "call_1", content });
    expect(sent).toEqual([]);
    await resume(id);
    await agent.invoke(go);
    expect(sent).toEqual(["hi"]);
    expect(outcomes()).toEqual(["tool_call send denied", "tool_call send unknown", "log send success"]);
  });

  test("C-3: a stop answers for the tool under way, ends the run, and none begins", async () => {
    let begin = () => {};
    const begun = () => new Promise<void>((resolve) => (begin = resolve));
    const waits = chainTool((_: { text: string }, { signal }) => waitForAbort(signal, begin), {
      name: "send",
      schema: z.object({ text: z.string() }),
    });
    let running = begun();
    let run = agentOf(fakeModel().respondWithTools([call]).respond(done), waits).invoke(go);
    await running;
    const tool = await stop("tool", "send");
    expect(refusalIn(await run)).toMatchObject({ content: expect.stringContaining("stopped while it ran") });
    await resume(tool);

    running = begun();
    const model = fakeModel().respondWithTools([call]).respond(done);
    run = agentOf(model, waits).invoke(go, { signal: stopSignal(gate) });
    run.catch(() => {});
    await running;
    await stop("agent", "scout");
    await expect(run).rejects.toThrow(/stopped|abort/i);
    expect(sent).toEqual(["aborted"]);
    await expect(agentOf(model).invoke(go)).rejects.toThrow("agent scout is stopped: leaks a key");
    expect(model.callCount).toBe(1);
  });
});
