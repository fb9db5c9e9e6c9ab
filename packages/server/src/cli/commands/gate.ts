import { breakGlass } from "../../containment/index.ts";
import { toIso } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, Option } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { claudeCodeGate, MANAGED_SETTINGS } from "../gates/claude-code.ts";
import { showCoverage } from "../gates/coverage.ts";
import { mcpGate } from "../gates/mcp.ts";
import { openclawGate } from "../gates/openclaw.ts";
import type { RuntimeGate } from "../gates/runtime-gate.ts";
import { printable } from "../printable.ts";
import { gateKeyCommand } from "./gate-key.ts";
import { gateMcpCommand } from "./gate-mcp.ts";
import { gateAcceptCommand, gateToolsCommand } from "./gate-tools.ts";

const GATES: ReadonlyMap<string, RuntimeGate> = new Map([
  ["claude-code", claudeCodeGate],
  ["openclaw", openclawGate],
  ["mcp", mcpGate],
]);
const NAMES = [...GATES.keys()].join(", ");
const RUNTIME = { name: "RUNTIME", summary: NAMES } as const;
const BREAK_GLASS_MINUTES = { min: 1, max: 60 };

const PLACE_OPTIONS: Readonly<Record<string, Option>> = {
  project: { type: "string", value: "DIR", summary: "claude-code: for one project, in DIR/.claude/settings.json" },
  managed: {
    type: "boolean",
    summary: `claude-code: for the machine, in ${MANAGED_SETTINGS}, which an agent cannot edit`,
  },
  config: { type: "string", value: "FILE", summary: "mcp, openclaw: the client's or OpenClaw's configuration" },
};

function gateOf(command: Command, { args }: CommandContext): RuntimeGate {
  const name = args.positional(0) ?? "";
  const gate = GATES.get(name);
  if (gate === undefined) throw usageError(command, `There are gates for ${NAMES}, none for "${printable(name)}".`);
  return gate;
}

const install: Command = {
  name: "gate install",
  summary: "put a gate before every tool call of an agent",
  description: [
    "claude-code: a PreToolUse hook that asks the kill switch's flags before each tool call, a shell script without Node " +
      "or network that takes a few milliseconds. openclaw: a plugin that asks before each tool call, run and " +
      "installation, and aborts sessions under way. mcp: a proxy before every server that an MCP client starts.",
    "When a gate cannot know, it denies. What else is in the settings is kept. A self-test follows: it proves that a " +
      "denied call is denied.",
  ],
  positionals: [RUNTIME],
  options: {
    ...PLACE_OPTIONS,
    agent: { type: "string", value: "ID", summary: "the agent's name in stops (claude-code, openclaw, mcp-client)" },
    pack: { type: "string", value: "NAME", summary: "the pack it belongs to" },
  },
  examples: [
    "firebreak gate install claude-code",
    "firebreak gate install claude-code --project . --agent reviewer --pack research",
    "firebreak gate install openclaw",
    "firebreak gate install mcp --config .mcp.json --agent reviewer",
  ],
  exits: ALWAYS,
  run: (context) => gateOf(install, context).install(install, context),
};

const test: Command = {
  name: "gate test",
  summary: "prove that an installed gate denies what is stopped",
  description: [
    "Asks the installed gate as the runtime does, about a session or a tool that exists for this test alone, before and " +
      "under a stop of just that. Running agents notice nothing.",
  ],
  positionals: [RUNTIME],
  options: PLACE_OPTIONS,
  examples: ["firebreak gate test claude-code", "firebreak gate test mcp --config .mcp.json --json"],
  exits: ALWAYS,
  run: (context) => gateOf(test, context).test(test, context),
};

const coverage: Command = {
  name: "gate coverage",
  summary: "per agent or gate, what is enforced and what is only seen",
  description: [
    "Without a runtime: for each agent whether a supervisor can freeze and kill it, which gates stand before its calls, " +
      "and what is only observed. With one: what that gate enforces, and what it cannot see.",
  ],
  positionals: [{ ...RUNTIME, optional: true }],
  options: PLACE_OPTIONS,
  examples: [
    "firebreak gate coverage",
    "firebreak gate coverage claude-code",
    "firebreak gate coverage mcp --config .mcp.json",
  ],
  exits: ALWAYS,
  run: (context) =>
    context.args.positional(0) === undefined
      ? showCoverage(context)
      : gateOf(coverage, context).coverage(coverage, context),
};

const remove: Command = {
  name: "gate remove",
  summary: "take a gate away again",
  description: ["What else is in the settings is kept."],
  positionals: [RUNTIME],
  options: PLACE_OPTIONS,
  examples: ["firebreak gate remove claude-code", "firebreak gate remove mcp --config .mcp.json"],
  exits: ALWAYS,
  run: (context) => gateOf(remove, context).remove(remove, context),
};

const breakGlassCommand: Command = {
  name: "gate break-glass",
  summary: "let a broken gate through for some minutes, loudly",
  description: [
    "Only for a gate of claude-code that cannot know (its flags are gone or closed to it): it lets calls through until " +
      "the time is up and says so on each. A stop still denies. Who did it and why is kept in break-glass.log.",
  ],
  options: {
    minutes: { type: "string", value: "N", summary: "how long, 60 at most (10)" },
    reason: { type: "string", value: "TEXT", summary: "why, for the record (needed)" },
  },
  examples: ['firebreak gate break-glass --minutes 10 --reason "disk is being replaced"'],
  exits: ALWAYS,
  run: async ({ args, clock, config, output, userName }) => {
    const minutes = args.count("minutes", BREAK_GLASS_MINUTES) ?? 10;
    const glass = { untilMs: clock.now() + minutes * 60_000, reason: args.requiredText("reason", 3) };
    breakGlass(config.home, glass, { name: userName, atMs: clock.now() });
    output.result(glass);
    output.line(output.style.red(`A broken gate lets calls through until ${toIso(glass.untilMs)}. Stops still deny.`));
    return EXIT.ok;
  },
};

export const gateCommands: readonly Command[] = [
  install,
  test,
  coverage,
  remove,
  gateMcpCommand,
  gateToolsCommand,
  gateAcceptCommand,
  gateKeyCommand,
  breakGlassCommand,
];
