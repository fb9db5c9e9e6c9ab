import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { startFakeIntake } from "../agents/fake-intake.ts";
import { createHome, endLeftovers, REPOSITORY, start, until } from "../cli/firebreak.ts";
import type { Home, Running } from "../cli/firebreak.ts";
import { startAnthropicModel } from "../fakes/anthropic-model.ts";
import { findProcessesWith, waitFor } from "../harness/processes.ts";
import type { AnthropicModel, ModelTurn } from "../fakes/anthropic-model.ts";

const CACHE = path.join(REPOSITORY, "node_modules/.cache");
const TOKEN = "a-token-for-this-test-alone";
/** OpenClaw is a program of 640 MB, and its start takes its time on a busy machine. */
const OPENCLAW_MS = 240_000;
const stopped = z.object({ hold: z.object({ id: z.string() }) });

let home: Home;
let config: string;
beforeEach(() => {
  home = createHome();
  config = path.join(home.dir, "openclaw", "openclaw.json");
  mkdirSync(path.dirname(config));
});
afterEach(() => {
  endLeftovers();
  home.remove();
});

const matching = (words: RegExp): unknown => expect.stringMatching(words);
const gate = (...words: string[]) => home.firebreak(["gate", ...words, "--config", config]);
const resume = (id: string) => home.firebreak(["resume", id, "--reason", "a test"]);
async function stop(...scope: string[]): Promise<string> {
  const ended = await home.firebreak(["stop", ...scope, "--reason", "leaks a key", "--json"]);
  return stopped.parse(JSON.parse(ended.out)).hold.id;
}

function program(): { readonly node: string; readonly openclaw: string; readonly version: string } {
  const [version = "none"] = readdirSync(path.join(CACHE, "openclaw"));
  const node24 = readdirSync(path.join(CACHE, "nodes")).find((name) => name.startsWith("24.")) ?? "none";
  return {
    node: path.join(CACHE, "nodes", node24, "node_modules/node/bin/node"),
    version,
    openclaw: path.join(CACHE, "openclaw", version, "node_modules/openclaw/openclaw.mjs"),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The real OpenClaw's gateway, offline, with a model that follows `turns`. */
class Gateway {
  readonly turns: ModelTurn[] = [];
  readonly #work = path.join(home.dir, "work");
  #model: AnthropicModel | null = null;
  #process: Running | null = null;
  #url = "";

  /** @param intake where the gate reports to */
  async install(intake: string): Promise<void> {
    mkdirSync(this.#work);
    this.#model = await startAnthropicModel(this.turns);
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}`;
    const models = [{ id: "m1", name: "m1", contextWindow: 200_000, maxTokens: 4096 }];
    const fake = { baseUrl: this.#model.url, apiKey: "none", api: "anthropic-messages", models };
    const settings = {
      gateway: {
        mode: "local",
        port,
        bind: "loopback",
        auth: { mode: "token", token: TOKEN },
        http: { endpoints: { chatCompletions: { enabled: true } } },
      },
      agents: { defaults: { workspace: this.#work, model: { primary: "fake/m1" }, skipBootstrap: true } },
      logging: { file: path.join(home.dir, "openclaw.log") },
      models: { mode: "replace", providers: { fake } },
    };
    writeFileSync(config, JSON.stringify(settings));
    await gate("install", "openclaw", "--agent", "claw", "--pack", "research");
    const telemetry = { url: intake, token: "fbk_agent", tokenId: "tok_1" };
    writeFileSync(path.join(path.dirname(index()), "../telemetry.json"), JSON.stringify(telemetry));
  }

  async start(): Promise<void> {
    const { node, openclaw } = program();
    const variables = { HOME: home.dir, OPENCLAW_STATE_DIR: path.dirname(config), TMPDIR: home.dir };
    this.#process = start([node, openclaw, "gateway", "run"], { variables });
    const isReady = () =>
      fetch(`${this.#url}/readyz`).then(
        ({ ok }) => ok || undefined,
        () => undefined,
      );
    await waitFor("the gateway", OPENCLAW_MS / 2, isReady);
  }

  /** One message to an agent, in a session of its own. @returns what it said in the end */
  async say(session: string, text = "go"): Promise<string> {
    const response = await fetch(`${this.#url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/json",
        "x-openclaw-session-key": `agent:main:${session}`,
      },
      body: JSON.stringify({ model: "openclaw/main", messages: [{ role: "user", content: text }] }),
      signal: AbortSignal.timeout(60_000),
    });
    return response.text();
  }

  execs(command: string): void {
    this.turns.splice(0, this.turns.length, { type: "tool_use", name: "exec", input: { command } });
  }

  /** What the agent's commands wrote, line by line. */
  written(): string[] {
    const proof = path.join(this.#work, "proof.txt");
    return existsSync(proof) ? readFileSync(proof, "utf8").split("\n").slice(0, -1) : [];
  }

  heard = () => this.#model?.toolResults() ?? [];
  output = () => `${this.#process?.out() ?? ""}${this.#process?.error() ?? ""}`;

  async close(): Promise<void> {
    this.#process?.child.kill("SIGTERM");
    await this.#process?.ended;
    await this.#model?.close();
  }
}

test(
  "C-3: the real OpenClaw runs no tool while it is stopped, a stop ends the run under way and its queue, and removal frees it",
  async () => {
    const gateway = new Gateway();
    const intake = await startFakeIntake();
    try {
      await gateway.install(intake.url);
      await gateway.start();
      gateway.execs("echo ran >> proof.txt");
      await gateway.say("one");
      expect(gateway.written()).toEqual(["ran"]);

      const tool = await stop("--tool", "exec");
      await gateway.say("two");
      expect(gateway.written()).toEqual(["ran"]);
      const why: unknown = expect.stringContaining("tool exec is stopped: leaks a key. A person decides");
      expect(gateway.heard()).toMatchObject([{ isError: true, text: why }]);
      await resume(tool);

      gateway.execs("echo begins >> proof.txt; sleep 30; echo ends >> proof.txt");
      const underWay = gateway.say("three");
      await until("the command runs", () => gateway.written().includes("begins"));
      const queued = gateway.say("three", "and then this");
      const agent = await stop("--agent", "claw:main");
      expect(await Promise.all([underWay, queued])).toMatchObject([/error/, /error/].map(matching));
      expect(findProcessesWith(`HOME=${home.dir}`).filter(({ command }) => command.includes("sleep 30"))).toEqual([]);
      await gateway.say("four");
      expect(gateway.output()).toContain("before_agent_run hook blocked by firebreak");
      await resume(agent);
      await until("all was told", () => intake.events.some(({ data }) => data?.["event_type"] === "session_abort"));
      expect(intake.events.filter(({ kind }) => kind !== "log")).toMatchObject([
        { kind: "lifecycle", data: { event_type: "gate", runtime: "openclaw", version: program().version } },
        { kind: "tool_call", outcome: "unknown", agent: { id: "claw", pack: "research" } },
        { kind: "tool_call", outcome: "denied", data: { tool_name: "exec" } },
        { kind: "tool_call", outcome: "unknown" },
        { kind: "lifecycle", outcome: "success", data: { session_key: "agent:main:three" } },
        { kind: "lifecycle", outcome: "denied", data: { event_type: "run_refused" } },
      ]);

      gateway.execs("echo free >> proof.txt");
      rmSync(path.join(home.dir, "killswitch"), { recursive: true });
      await gateway.say("five");
      expect(gateway.output()).toMatch(/cannot know whether this agent is stopped/);
      await gate("remove", "openclaw");
      await waitFor("the gateway lets the gate go", OPENCLAW_MS / 4, async () => {
        await gateway.say("six");
        return gateway.written().includes("free") || undefined;
      });
      expect(gateway.written()).toEqual(["ran", "begins", "free"]);
    } finally {
      await gateway.close();
      await intake.close();
    }
  },
  OPENCLAW_MS,
);

/** The installed plugin, as OpenClaw's configuration names it. */
function index(): string {
  const named = z.looseObject({ plugins: z.looseObject({ load: z.object({ paths: z.array(z.string()) }) }) });
  const { plugins } = named.parse(JSON.parse(readFileSync(config, "utf8")));
  return path.join(plugins.load.paths.at(-1) ?? "", "index.js");
}

describe("C-3: the plugin's installation", () => {
  const commented = `// mine\n{ plugins: { allow: ["own"], load: { paths: ["/own"] } }, gateway: { mode: 'local' } }\n`;

  test("keeps other settings, comes twice as once, proves itself, and goes without a trace", async () => {
    writeFileSync(config, commented, { mode: 0o640 });
    expect(await gate("install", "openclaw", "--pack", "research")).toMatchObject({ code: 0 });
    const once = readFileSync(config, "utf8");
    expect(JSON.parse(once)).toEqual({
      plugins: {
        allow: ["own", "firebreak"],
        load: { paths: ["/own", path.dirname(index())] },
        entries: { firebreak: { enabled: true, hooks: { allowConversationAccess: true } } },
      },
      gateway: { mode: "local" },
    });
    await gate("install", "openclaw", "--pack", "research");
    expect(readFileSync(config, "utf8")).toBe(once);
    expect((await gate("test", "openclaw")).code).toBe(0);
    expect((await gate("coverage", "openclaw")).out).toMatch(/not enforced +openclaw agent exec/);
    await gate("remove", "openclaw");
    expect(readFileSync(config, "utf8")).toBe(commented);
    expect(statSync(config).mode & 0o777).toBe(0o640);
    expect(existsSync(path.join(home.dir, "gates", "openclaw"))).toBe(false);
    expect((await gate("test", "openclaw")).code).toBe(1);

    await gate("install", "openclaw");
    const changed = { ...(JSON.parse(readFileSync(config, "utf8")) as object), ui: { theme: "dark" } };
    writeFileSync(config, JSON.stringify(changed));
    await gate("remove", "openclaw");
    expect(JSON.parse(readFileSync(config, "utf8"))).toEqual({
      plugins: { allow: ["own"], load: { paths: ["/own"] } },
      gateway: { mode: "local" },
      ui: { theme: "dark" },
    });
  });

  test("refuses a configuration that would keep it out, untouched; two OpenClaws have a plugin each", async () => {
    expect(await gate("install", "openclaw")).toMatchObject({ code: 1, error: matching(/has no configuration/) });
    for (const [text, complaint] of [
      ["{ plugins: { enabled: false } }", "turns all plugins off"],
      ['{ plugins: { deny: ["firebreak"] } }', "forbids the plugin"],
      ["{ plugins: ", "is no JSON"],
    ] as const) {
      writeFileSync(config, text);
      expect(await gate("install", "openclaw")).toMatchObject({ code: 1, error: matching(new RegExp(complaint)) });
      expect(readFileSync(config, "utf8")).toBe(text);
    }
    const other = path.join(home.dir, "other.json");
    for (const file of [config, other]) {
      writeFileSync(file, "{}");
      await home.firebreak(["gate", "install", "openclaw", "--config", file]);
    }
    await gate("remove", "openclaw");
    expect((await home.firebreak(["gate", "test", "openclaw", "--config", other])).code).toBe(0);
  });

  test("a plugin that lost its teeth fails its test; one whose SDK is gone denies", async () => {
    writeFileSync(config, "{}");
    await gate("install", "openclaw");
    const file = index();
    const whole = readFileSync(file, "utf8");
    writeFileSync(
      file,
      whole.replace("return await (await guard(versionOf(api)))", "return undefined ?? (() => undefined)"),
    );
    const toothless = await gate("test", "openclaw");
    expect(toothless.code).toBe(1);
    expect(toothless.out).toMatch(/FAILED +denies a stopped call/);
    writeFileSync(file, whole.replace("/openclaw/index.js", "/gone.js"));
    const lost = await gate("test", "openclaw");
    expect(lost.code).toBe(1);
    expect(lost.out).toMatch(/FAILED +lets a call through.*cannot know/);
  });
});
