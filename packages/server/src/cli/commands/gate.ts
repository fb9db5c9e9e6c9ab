import os from "node:os";
import path from "node:path";
import { entityName } from "@firebreak/protocol";
import {
  breakGlass,
  brokenGlass,
  installClaudeCodeGate,
  installedCommand,
  removeClaudeCodeGate,
  testClaudeCodeGate,
} from "../../containment/index.ts";
import type { GateCheck, GatePlace } from "../../containment/index.ts";
import { toIso } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext, Option } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { durationText } from "../format.ts";
import { printable } from "../printable.ts";

const RUNTIME = { name: "RUNTIME", summary: "claude-code" } as const;
const MANAGED_SETTINGS = "/etc/claude-code/managed-settings.json";
const BREAK_GLASS_MINUTES = { min: 1, max: 60 };

const PLACE_OPTIONS: Readonly<Record<string, Option>> = {
  project: { type: "string", value: "DIR", summary: "for one project, in DIR/.claude/settings.json" },
  managed: { type: "boolean", summary: `for the machine, in ${MANAGED_SETTINGS}: an agent cannot edit it` },
};

/** What the hook cannot see, so that nobody believes more than is true. */
const CLAUDE_CODE_COVERAGE: readonly (readonly [what: string, enforced: boolean, note: string])[] = [
  ["tool calls of the agent and its sub-agents", true, "denied before they run (PreToolUse, all tools, MCP tools too)"],
  ["a hook that fails or hangs", true, "blocks the call from Claude Code 2.1.295 on; older versions let it through"],
  ["a tool call that already runs", false, "use firebreak run -- claude: a freeze stops the whole process tree"],
  ["processes that a command left running", false, "use firebreak run -- claude"],
  ["the model's own output between calls", false, "observed in transcripts only"],
  ["an agent that edits its own settings", false, "install with --managed, or run it as another user"],
];

function placeOf(command: Command, { args, config, workingDirectory }: CommandContext): GatePlace {
  const runtime = args.positional(0) ?? "";
  if (runtime !== "claude-code") {
    throw usageError(command, `There is a gate for claude-code, none for "${printable(runtime)}".`);
  }
  const project = args.text("project");
  if (args.flag("managed") && project !== undefined) throw usageError(command, "Give one of --project and --managed.");
  const dir = project === undefined ? os.homedir() : path.resolve(workingDirectory, project);
  const settingsFile = args.flag("managed") ? MANAGED_SETTINGS : path.join(dir, ".claude", "settings.json");
  return { home: config.home, settingsFile };
}

function withKillswitch<T>(
  { config, clock, newId, logger }: CommandContext,
  use: (killswitch: ReturnType<typeof openKillswitch>) => Promise<T>,
): Promise<T> {
  const killswitch = openKillswitch({ home: config.home, clock, newId, logger });
  return use(killswitch).finally(() => killswitch.close());
}

function testInstalled(context: CommandContext, command: string): Promise<GateCheck[]> {
  const { clock, newId, environment, userName } = context;
  const actor = { kind: "cli", id: userName, name: userName } as const;
  return withKillswitch(context, (killswitch) =>
    testClaudeCodeGate({ command, killswitch, actor, newId, clock, environment }),
  );
}

function printChecks({ output }: CommandContext, checks: readonly GateCheck[]): number {
  const { style } = output;
  output.table(
    ["", "THE HOOK", "FOUND", "AFTER"],
    checks.map(({ what, passed, found, elapsedMs }) => [
      passed ? style.green("ok") : style.red("FAILED"),
      what,
      printable(found),
      durationText(elapsedMs),
    ]),
  );
  return checks.every(({ passed }) => passed) ? EXIT.ok : EXIT.failed;
}

const install: Command = {
  name: "gate install",
  summary: "put a gate before every tool call of an agent",
  description: [
    "For Claude Code: a PreToolUse hook that asks the kill switch's flags before each tool call. It is a shell script " +
      "without Node or network and takes a few milliseconds; when it cannot know, it denies. Other hooks and settings " +
      "are kept. A self-test follows: it proves that a denied call is denied.",
  ],
  positionals: [RUNTIME],
  options: {
    ...PLACE_OPTIONS,
    agent: { type: "string", value: "ID", summary: "the agent's name in stops (claude-code)" },
    pack: { type: "string", value: "NAME", summary: "the pack it belongs to" },
  },
  examples: [
    "firebreak gate install claude-code",
    "firebreak gate install claude-code --project . --agent reviewer --pack research",
  ],
  exits: ALWAYS,
  run: async (context) => {
    const place = placeOf(install, context);
    const identity = { agent: nameOf(context, "agent") ?? "claude-code", pack: nameOf(context, "pack") ?? null };
    // opened first: the flags must be there before the first call is asked
    await withKillswitch(context, async (killswitch) => killswitch.current());
    const gate = installClaudeCodeGate(place, identity);
    const checks = await testInstalled(context, installedCommand(place) ?? "false");
    context.output.result({ ...gate, ...identity, checks });
    context.output.line(`The hook is in ${gate.settingsFile}. Sessions that run already read it at their next start.`);
    const code = printChecks(context, checks);
    context.output.line(`Stop it with: firebreak stop --agent ${identity.agent} --reason TEXT`);
    return code;
  },
};

function nameOf({ args }: CommandContext, option: "agent" | "pack"): string | undefined {
  const text = args.text(option);
  if (text === undefined || entityName.safeParse(text).success) return text;
  throw usageError(install, `--${option} takes letters, digits and . _ : @ -, beginning with a letter or digit.`);
}

const remove: Command = {
  name: "gate remove",
  summary: "take a gate away again",
  description: ["Other hooks and settings are kept."],
  positionals: [RUNTIME],
  options: PLACE_OPTIONS,
  examples: ["firebreak gate remove claude-code"],
  exits: ALWAYS,
  run: async (context) => {
    const place = placeOf(remove, context);
    const removed = removeClaudeCodeGate(place);
    context.output.result({ ...place, removed });
    const text = removed ? "The hook is gone from" : "There was no hook in";
    context.output.line(`${text} ${place.settingsFile}.`);
    return EXIT.ok;
  },
};

const test: Command = {
  name: "gate test",
  summary: "prove that an installed gate denies what is stopped",
  description: [
    "Asks the installed hook as the runtime does, about a session of its own: before, under and after a stop of just " +
      "that session, and with the flags gone. Running agents notice nothing.",
  ],
  positionals: [RUNTIME],
  options: PLACE_OPTIONS,
  examples: ["firebreak gate test claude-code", "firebreak gate test claude-code --json"],
  exits: ALWAYS,
  run: async (context) => {
    const place = placeOf(test, context);
    const command = installedCommand(place);
    const { output } = context;
    if (command === null) {
      output.result({ ...place, installed: false });
      output.line(`No hook of Firebreak is in ${place.settingsFile}. Put it there: firebreak gate install claude-code`);
      return EXIT.failed;
    }
    const checks = await testInstalled(context, command);
    output.result({ ...place, installed: true, checks });
    return printChecks(context, checks);
  },
};

const coverage: Command = {
  name: "gate coverage",
  summary: "what a gate enforces, and what it cannot see",
  positionals: [RUNTIME],
  options: PLACE_OPTIONS,
  examples: ["firebreak gate coverage claude-code"],
  exits: ALWAYS,
  run: async (context) => {
    const place = placeOf(coverage, context);
    const { output, config, clock } = context;
    const installed = installedCommand(place) !== null;
    const glass = brokenGlass(config.home, clock.now());
    const rows = CLAUDE_CODE_COVERAGE.map(([what, enforced, note]) => ({
      what,
      enforced: installed && enforced,
      note,
    }));
    output.result({ ...place, installed, breakGlass: glass, coverage: rows });
    output.line(installed ? `Installed in ${place.settingsFile}.` : `Not installed in ${place.settingsFile}.`);
    if (glass !== null) {
      output.line(output.style.red(`BREAK-GLASS until ${toIso(glass.untilMs)}: ${printable(glass.reason)}`));
    }
    output.table(
      ["", "WHAT", "HOW"],
      rows.map(({ what, enforced, note }) => [
        enforced ? output.style.green("enforced") : output.style.yellow("not enforced"),
        what,
        note,
      ]),
    );
    return EXIT.ok;
  },
};

const breakGlassCommand: Command = {
  name: "gate break-glass",
  summary: "let a broken gate through for some minutes, loudly",
  description: [
    "Only for a gate that cannot know (its flags are gone or closed to it): it lets calls through until the time is up " +
      "and says so on each. A stop still denies. Who did it and why is kept in the gate's break-glass.log.",
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

export const gateCommands: readonly Command[] = [install, test, coverage, remove, breakGlassCommand];
