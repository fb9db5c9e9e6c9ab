import type { GateRuntime } from "@firebreak/protocol";

/** Something that a gate does or cannot do. */
export type CoverageRow = readonly [what: string, enforced: boolean, how: string];

/** What each gate sees and what it does not, as its tests show, so that nobody believes more than is true. */
export const GATE_COVERAGE: Readonly<Record<GateRuntime, readonly CoverageRow[]>> = {
  "claude-code": [
    [
      "tool calls of the agent and its sub-agents",
      true,
      "denied before they run (PreToolUse, all tools, MCP tools too)",
    ],
    ["a hook that fails or hangs", true, "blocks the call from Claude Code 2.1.295 on; older versions let it through"],
    ["a tool call that already runs", false, "use firebreak run -- claude: a freeze stops the whole process tree"],
    ["processes that a command left running", false, "use firebreak run -- claude"],
    [
      "policies: rules, budgets, circuit breakers",
      false,
      "a shell looks at stops only; detection judges acts after them",
    ],
    ["the model's own output between calls", false, "observed in transcripts only"],
    ["an agent that edits its own settings", false, "install with --managed, or run it as another user"],
  ],
  // tried with OpenClaw 2026.9.6
  openclaw: [
    ["tool calls of agents and sub-agents", true, "denied before they run (before_tool_call, every tool)"],
    ["runs", true, "refused before the model is asked (before_agent_run)"],
    [
      "a run under way, its running command and queue",
      true,
      "aborted through the gateway (sessions.abort, clearQueued)",
    ],
    ["installing skills and plugins", true, "refused where OpenClaw asks its plugins: through the gateway"],
    [
      "policies: rules on arguments, budgets of calls, circuit breakers",
      true,
      "judged before the call; costs in tokens or money are not known",
    ],
    ["a hook that fails or takes 15 s", true, "OpenClaw blocks the call"],
    ["openclaw agent exec", false, "OpenClaw runs no plugin's hooks there: use openclaw agent, or firebreak run"],
    ["Codex, ACP and Claude CLI harnesses", false, "their own tools skip the hook in part: gate claude-code as well"],
    ["processes that a command left running", false, "use firebreak run -- openclaw gateway"],
    ["an agent that changes OpenClaw's configuration", false, "run OpenClaw as another user than Firebreak"],
  ],
  mcp: [
    [
      "tools/call of servers that the client starts",
      true,
      "refused before it reaches the server; stopped tools are not listed",
    ],
    ["a call under way", true, "cancelled at the server and answered at once; a server may run on all the same"],
    ["a server that asks the client's model (sampling)", true, "refused while the agent is stopped"],
    [
      "policies: rules on arguments, budgets of calls, circuit breakers",
      true,
      "judged before the call; costs in tokens or money are not known",
    ],
    ["servers reached by URL", false, "put firebreak gate mcp --url URL before each"],
    ["resources and prompts", false, "passed on: they read"],
    ["the client's own tools", false, "MCP does not see them: gate the client too"],
  ],
  sdk: [
    ["acts that ask the gate", true, "refused by check, begin, run or guard"],
    ["acts that do not ask it", false, "a gate binds an agent that asks: use firebreak run beside it"],
  ],
  "openai-agents": [
    ["tools, shells, editors and MCP servers of guarded agents", true, "rejected, with the reason for the model"],
    ["turns and hand-offs of a stopped agent", true, "refused (GateDeniedError)"],
    ["a run under way", true, "ended where it was given stopSignal(gate)"],
    ["hosted tools and computers", false, "they run at the provider, or unseen"],
  ],
  ai: [
    ["tools with execute", true, "denied, with the reason for the model; ended when the stop comes"],
    ["steps of a stopped agent", true, "refused (GateDeniedError)"],
    ["a run under way", true, "ended where it was given stopSignal(gate)"],
    ["tools without execute", false, "they run at the provider or in the application"],
  ],
  langchain: [
    ["tools of createAgent", true, "answered with the reason for the model"],
    ["model calls of a stopped agent", true, "refused (GateDeniedError)"],
    ["a run under way", true, "ended where it was given stopSignal(gate)"],
    ["tools that are called outside createAgent", false, "the middleware does not see them"],
  ],
};
