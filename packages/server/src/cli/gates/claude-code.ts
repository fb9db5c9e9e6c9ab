import os from "node:os";
import path from "node:path";
import {
  brokenGlass,
  forgetGateAnd,
  installClaudeCodeGate,
  installedCommand,
  removeClaudeCodeGate,
  testClaudeCodeGate,
} from "../../containment/index.ts";
import type { GateCheck, GatePlace } from "../../containment/index.ts";
import { toIso } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import {
  coverageOf,
  nameOption,
  noteInstalled,
  noteTested,
  printChecks,
  printCoverage,
  withKillswitch,
} from "./runtime-gate.ts";
import type { RuntimeGate } from "./runtime-gate.ts";

export const MANAGED_SETTINGS = "/etc/claude-code/managed-settings.json";

function placeOf(command: Command, { args, config, workingDirectory }: CommandContext): GatePlace {
  const project = args.text("project");
  if (args.text("config") !== undefined) throw usageError(command, "--config is for mcp.");
  if (args.flag("managed") && project !== undefined) throw usageError(command, "Give one of --project and --managed.");
  const dir = project === undefined ? os.homedir() : path.resolve(workingDirectory, project);
  const settingsFile = args.flag("managed") ? MANAGED_SETTINGS : path.join(dir, ".claude", "settings.json");
  return { home: config.home, settingsFile };
}

function testInstalled(context: CommandContext, command: string): Promise<GateCheck[]> {
  const { clock, newId, environment, userName } = context;
  const actor = { kind: "cli", id: userName, name: userName } as const;
  return withKillswitch(context, (killswitch) =>
    testClaudeCodeGate({ command, killswitch, actor, newId, clock, environment }),
  );
}

export const claudeCodeGate: RuntimeGate = {
  install: async (command, context) => {
    const place = placeOf(command, context);
    const agent = nameOption(command, context, "agent") ?? "claude-code";
    const identity = { agent, pack: nameOption(command, context, "pack") ?? null };
    // opened first: the flags must be there before the first call is asked
    await withKillswitch(context, async (killswitch) => killswitch.current());
    const gate = forgetGateAnd(place.home, { runtime: "claude-code", place: place.settingsFile }, () =>
      installClaudeCodeGate(place, identity),
    );
    const checks = await testInstalled(context, installedCommand(place) ?? "false");
    noteInstalled(context, { runtime: "claude-code", place: place.settingsFile, ...identity }, checks);
    context.output.result({ ...gate, ...identity, checks });
    context.output.line(`The hook is in ${gate.settingsFile}. Sessions that run already read it at their next start.`);
    const code = printChecks(context, checks);
    context.output.line(`Stop it with: firebreak stop --agent ${agent} --reason TEXT`);
    return code;
  },
  test: async (command, context) => {
    const place = placeOf(command, context);
    const installed = installedCommand(place);
    const { output } = context;
    if (installed === null) {
      output.result({ ...place, installed: false });
      output.line(`No hook of Firebreak is in ${place.settingsFile}. Put it there: firebreak gate install claude-code`);
      return EXIT.failed;
    }
    const checks = await testInstalled(context, installed);
    noteTested(context, { runtime: "claude-code", place: place.settingsFile }, checks);
    output.result({ ...place, installed: true, checks });
    return printChecks(context, checks);
  },
  coverage: async (command, context) => {
    const place = placeOf(command, context);
    const { output, config, clock } = context;
    const installed = installedCommand(place) !== null;
    const glass = brokenGlass(config.home, clock.now());
    const coverage = coverageOf("claude-code", installed);
    output.result({ ...place, installed, breakGlass: glass, coverage });
    output.line(`${installed ? "Installed" : "Not installed"} in ${place.settingsFile}.`);
    if (glass !== null) {
      output.line(output.style.red(`BREAK-GLASS until ${toIso(glass.untilMs)}: ${printable(glass.reason)}`));
    }
    printCoverage(context, "claude-code", installed);
    return EXIT.ok;
  },
  remove: async (command, context) => {
    const place = placeOf(command, context);
    const removed = forgetGateAnd(place.home, { runtime: "claude-code", place: place.settingsFile }, () =>
      removeClaudeCodeGate(place),
    );
    context.output.result({ ...place, removed });
    context.output.line(`${removed ? "The hook is gone from" : "There was no hook in"} ${place.settingsFile}.`);
    return EXIT.ok;
  },
};
