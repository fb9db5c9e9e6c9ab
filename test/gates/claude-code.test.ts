import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installedCommand } from "../../packages/server/src/containment/index.ts";
import { createHome, endLeftovers, REPOSITORY } from "../cli/firebreak.ts";
import type { Home } from "../cli/firebreak.ts";
import { startAnthropicModel } from "../fakes/anthropic-model.ts";
import type { ModelTurn } from "../fakes/anthropic-model.ts";

const RUNTIMES = path.join(REPOSITORY, "node_modules/.cache/claude-code");
/** Claude Code is a program of 400 MB, and five of its starts take their time on a busy machine. */
const CLAUDE_MS = 180_000;
const platform = `${process.platform}-${process.arch}`;

let home: Home;
let user: string;
beforeEach(() => {
  home = createHome();
  user = path.join(home.dir, "user");
  mkdirSync(path.join(user, "work"), { recursive: true });
});
afterEach(() => {
  endLeftovers();
  home.remove();
});

const settingsFile = () => path.join(user, ".claude", "settings.json");
const gate = (...words: string[]) => home.firebreak(["gate", ...words], { variables: { HOME: user } });

const touch: ModelTurn = {
  type: "tool_use",
  name: "Bash",
  input: { command: "echo ran >> proof.txt", description: "x" },
};

/** The real Claude Code, once, with a model that asks for these calls; it may use Bash without asking anybody. */
async function runClaude(turns: readonly ModelTurn[]) {
  const [version = "none"] = readdirSync(RUNTIMES);
  const claude = path.join(RUNTIMES, version, `node_modules/@anthropic-ai/claude-code-${platform}/claude`);
  const model = await startAnthropicModel(turns);
  const env = {
    PATH: process.env["PATH"],
    HOME: user,
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: "sk-ant-none",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
  };
  const args = ["-p", "go", "--output-format", "json", "--allowedTools", "Bash"];
  const child = spawn(claude, args, {
    cwd: path.join(user, "work"),
    env,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: CLAUDE_MS / 3,
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  await model.close();
  const proof = path.join(user, "work", "proof.txt");
  const ran = existsSync(proof) ? readFileSync(proof, "utf8").split("\n").length - 1 : 0;
  rmSync(proof, { force: true });
  return { ran, results: model.toolResults(), ended: JSON.parse(out) as unknown };
}

async function stop(...scope: string[]): Promise<{ readonly id: string }> {
  const ended = await home.firebreak(["stop", ...scope, "--reason", "leaks a key", "--json"]);
  return (JSON.parse(ended.out) as { hold: { id: string } }).hold;
}

/** The hook's command is the shim's path, quoted. */
function shimFile(): string {
  return installedCommand({ home: home.dir, settingsFile: settingsFile() })?.slice(1, -1) ?? "";
}

function askShim(call: object) {
  return spawnSync(shimFile(), { input: JSON.stringify(call), encoding: "utf8", env: { PATH: process.env["PATH"] } });
}

test(
  "C-3: the real Claude Code runs no tool while it is stopped, and is told who decides",
  async () => {
    const installed = await gate("install", "claude-code", "--agent", "reviewer", "--pack", "research");
    expect(installed).toMatchObject({ code: 0, error: "" });
    expect((await runClaude([touch, touch])).ran).toBe(2);

    for (const scope of [
      ["--agent", "reviewer"],
      ["--tool", "Bash"],
    ]) {
      const { id } = await stop(...scope);
      const { ran, results } = await runClaude([touch]);
      expect(ran, scope.join(" ")).toBe(0);
      expect(results).toMatchObject([{ isError: true, text: expect.stringContaining(`${id} leaks a key`) }]);
      await home.firebreak(["resume", id, "--reason", "a test"]);
    }
  },
  CLAUDE_MS,
);

test("C-3: the hook denies under every hold that covers the call, and under no other", async () => {
  await gate("install", "claude-code", "--agent", "reviewer", "--pack", "research");
  const call = { session_id: "5e55-1", tool_name: "mcp__mail__send", tool_input: { text: 'of "tool_name":"Write"' } };
  for (const [scope, denied] of [
    [["--agent", "reviewer"], true],
    [["--agent", "another"], false],
    [["--pack", "research"], true],
    [["--pack", "re"], false],
    [["--session", "5e55-1"], true],
    [["--session", "5e55"], false],
    [["--tool", "mcp__mail__send"], true],
    [["--tool", "Write"], false],
    [["--global"], true],
  ] as const) {
    const { id } = await stop(...scope);
    const answer = askShim(call);
    expect(answer.status, scope.join(" ")).toBe(denied ? 2 : 0);
    expect(answer.stderr).toContain(denied ? id : "");
    await home.firebreak(["resume", id, "--reason", "a test"]);
  }
  const unknown = path.join(home.dir, "killswitch", "flags", "from-a-later-version");
  writeFileSync(unknown, "deny\n");
  expect(askShim(call).status).toBe(2);
});

test(
  "C-3: with its flags gone the gate denies; break-glass opens it for a time, and no stop",
  async () => {
    await gate("install", "claude-code");
    rmSync(path.join(home.dir, "killswitch"), { recursive: true });
    const broken = await runClaude([touch]);
    expect(broken.ran).toBe(0);
    expect(broken.results[0]?.text).toContain("cannot know");
    expect((await gate("break-glass", "--reason", "disk swap")).code).toBe(0);
    expect((await runClaude([touch])).ran).toBe(1);
    expect((await gate("coverage", "claude-code")).out).toContain("disk swap");
    await home.firebreak(["stop", "--global", "--reason", "a drill"]);
    expect((await runClaude([touch])).ran).toBe(0);
  },
  CLAUDE_MS,
);

test("C-3: the gate leaves other settings as they are, comes twice as once, and goes without a trace", async () => {
  const before = {
    model: "opus",
    hooks: { Stop: [{ hooks: [] }], PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command: "true" }] }] },
  };
  mkdirSync(path.dirname(settingsFile()));
  writeFileSync(settingsFile(), JSON.stringify(before, null, 2) + "\n", { mode: 0o640 });
  await gate("install", "claude-code");
  const once = readFileSync(settingsFile(), "utf8");
  expect(JSON.parse(once)).toMatchObject({ hooks: { PreToolUse: [{ hooks: [{ onFailure: "block" }] }, {}] } });
  await gate("install", "claude-code");
  expect(readFileSync(settingsFile(), "utf8")).toBe(once);
  expect((await gate("test", "claude-code")).code).toBe(0);
  await gate("remove", "claude-code");
  expect(readFileSync(settingsFile(), "utf8")).toBe(JSON.stringify(before, null, 2) + "\n");
  expect((await gate("test", "claude-code")).code).toBe(1);
  expect(existsSync(path.join(home.dir, "gates", "claude-code"))).toBe(false);
});

test("C-3: settings that are no JSON stay untouched, and a hook that lost its teeth fails its test", async () => {
  mkdirSync(path.dirname(settingsFile()));
  writeFileSync(settingsFile(), "{ // comments\n}");
  expect(await gate("install", "claude-code")).toMatchObject({ code: 1, error: expect.stringContaining("is no JSON") });
  expect(readFileSync(settingsFile(), "utf8")).toBe("{ // comments\n}");
  rmSync(settingsFile());
  await gate("install", "claude-code");
  writeFileSync(shimFile(), "#!/bin/sh\nexit 0\n");
  const checked = await gate("test", "claude-code");
  expect(checked.code).toBe(1);
  expect(checked.out).toMatch(/FAILED +denies a stopped call/);
});
