import os from "node:os";
import path from "node:path";
import { newTokenView } from "@firebreak/protocol";
import {
  installedPlugin,
  installOpenclawGate,
  openclawConfigFile,
  readGateTelemetry,
  removeOpenclawGate,
  testOpenclawGate,
  writeGateTelemetry,
} from "../../containment/index.ts";
import type { GateCheck, GatePlace } from "../../containment/index.ts";
import { messageOf } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { nameOption, printChecks, printCoverage, withKillswitch } from "./runtime-gate.ts";
import type { CoverageRow, RuntimeGate } from "./runtime-gate.ts";

/** Tried with OpenClaw 2026.9.6, so that nobody believes more than is true. */
const COVERAGE: readonly CoverageRow[] = [
  ["tool calls of agents and sub-agents", true, "denied before they run (before_tool_call, every tool)"],
  ["runs", true, "refused before the model is asked (before_agent_run)"],
  ["a run under way, its running command and queue", true, "aborted through the gateway (sessions.abort, clearQueued)"],
  ["installing skills and plugins", true, "refused where OpenClaw asks its plugins: through the gateway"],
  ["a hook that fails or takes 15 s", true, "OpenClaw blocks the call"],
  ["openclaw agent exec", false, "OpenClaw runs no plugin's hooks there: use openclaw agent, or firebreak run"],
  ["Codex, ACP and Claude CLI harnesses", false, "their own tools skip the hook in part: gate claude-code as well"],
  ["processes that a command left running", false, "use firebreak run -- openclaw gateway"],
  ["an agent that changes OpenClaw's configuration", false, "run OpenClaw as another user than Firebreak"],
];

function placeOf(command: Command, { args, config, environment, workingDirectory }: CommandContext): GatePlace {
  if (args.flag("managed") || args.text("project") !== undefined) {
    throw usageError(command, "--project and --managed are for claude-code; for openclaw there is --config FILE.");
  }
  const file = args.text("config") ?? openclawConfigFile(environment, os.homedir());
  return { home: config.home, settingsFile: path.resolve(workingDirectory, file) };
}

function testPlugin(context: CommandContext, plugin: string): Promise<GateCheck[]> {
  const { clock, newId, userName } = context;
  const actor = { kind: "cli", id: userName, name: userName } as const;
  return withKillswitch(context, (killswitch) => testOpenclawGate({ plugin, killswitch, actor, newId, clock }));
}

/** The plugin's own token, which speaks for this one agent only. Without a server the gate works all the same. */
async function openTelemetry({ client, config, output }: CommandContext, agent: string): Promise<boolean> {
  const server = await client.find();
  if (server === null) {
    output.note("firebreak: no server answers, so the gate will not report calls. Install again once one does.");
    return false;
  }
  await closeTelemetry(client, config.home);
  const request = { name: `gate openclaw ${agent}`, access: "agent", agentId: agent };
  const { id, token } = await client.post(newTokenView, "/tokens", request);
  writeGateTelemetry(config.home, { url: server.url, token, tokenId: id });
  return true;
}

/** @returns what keeps the token alive, or null */
async function closeTelemetry(client: CommandContext["client"], home: string): Promise<string | null> {
  const telemetry = readGateTelemetry(home);
  if (telemetry === null) return null;
  try {
    await client.delete(`/tokens/${encodeURIComponent(telemetry.tokenId)}`);
    return null;
  } catch (fault) {
    return `The token ${telemetry.tokenId} could not be revoked (${messageOf(fault)}): firebreak token revoke ${telemetry.tokenId}`;
  }
}

export const openclawGate: RuntimeGate = {
  install: async (command, context) => {
    const place = placeOf(command, context);
    const agent = nameOption(command, context, "agent") ?? "openclaw";
    const identity = { agent, pack: nameOption(command, context, "pack") ?? null };
    // opened first: its state must be there before the first call is asked
    await withKillswitch(context, async (killswitch) => killswitch.current());
    const reports = await openTelemetry(context, agent);
    const gate = installOpenclawGate(place, identity);
    const checks = await testPlugin(context, gate.plugin);
    const { output } = context;
    output.result({ ...gate, ...identity, reports, checks });
    output.line(`The plugin is named in ${gate.settingsFile}. A gateway that runs takes it up by itself.`);
    const code = printChecks(context, checks);
    output.line(`Stop all of it with: firebreak stop --agent ${agent} --reason TEXT`);
    output.line(`One of its agents with: firebreak stop --agent ${agent}:main --reason TEXT`);
    return code;
  },
  test: async (command, context) => {
    const place = placeOf(command, context);
    const plugin = installedPlugin(place);
    const { output } = context;
    if (plugin === null) {
      output.result({ ...place, installed: false });
      output.line(`No plugin of Firebreak is in ${place.settingsFile}. Put it there: firebreak gate install openclaw`);
      return EXIT.failed;
    }
    const checks = await testPlugin(context, plugin);
    output.result({ ...place, installed: true, checks });
    return printChecks(context, checks);
  },
  coverage: async (command, context) => {
    const place = placeOf(command, context);
    const installed = installedPlugin(place) !== null;
    const coverage = COVERAGE.map(([what, enforced, note]) => ({ what, enforced: installed && enforced, note }));
    context.output.result({ ...place, installed, coverage });
    context.output.line(`${installed ? "Installed" : "Not installed"} in ${place.settingsFile}.`);
    printCoverage(context, installed, COVERAGE);
    return EXIT.ok;
  },
  remove: async (command, context) => {
    const place = placeOf(command, context);
    const { client, config, output } = context;
    const problem = await closeTelemetry(client, config.home);
    const removed = removeOpenclawGate(place);
    output.result({ ...place, removed });
    output.line(`${removed ? "The plugin is gone from" : "There was no plugin in"} ${place.settingsFile}.`);
    if (problem !== null) output.note(`firebreak: ${problem}`);
    return EXIT.ok;
  },
};
