import os from "node:os";
import path from "node:path";
import { newTokenView } from "@firebreak/protocol";
import {
  forgetGateAnd,
  installedPlugin,
  installOpenclawGate,
  openclawConfigFile,
  readGateTelemetry,
  removeOpenclawGate,
  requirePlugins,
  testOpenclawGate,
  writeGateTelemetry,
} from "../../containment/index.ts";
import type { GateCheck, GatePlace } from "../../containment/index.ts";
import { messageOf } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
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
async function openTelemetry({ client, output }: CommandContext, place: GatePlace, agent: string): Promise<boolean> {
  const server = await client.find();
  if (server === null) {
    output.note("firebreak: no server answers, so the gate will not report calls. Install again once one does.");
    return false;
  }
  await closeTelemetry(client, place);
  const request = { name: `gate openclaw ${agent}`, access: "agent", agentId: agent };
  const { id, token } = await client.post(newTokenView, "/tokens", request);
  writeGateTelemetry(place, { url: server.url, token, tokenId: id });
  return true;
}

/** @returns what keeps the token alive, or null */
async function closeTelemetry(client: CommandContext["client"], place: GatePlace): Promise<string | null> {
  const telemetry = readGateTelemetry(place);
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
    const isRenewed = installedPlugin(place) !== null;
    requirePlugins(place);
    // before the plugin is there: it reads the file when its first hook comes
    const reports = await openTelemetry(context, place, agent);
    const gate = forgetGateAnd(place.home, { runtime: "openclaw", place: place.settingsFile }, () =>
      installOpenclawGate(place, identity),
    );
    const checks = await testPlugin(context, gate.plugin);
    const { output } = context;
    noteInstalled(context, { runtime: "openclaw", place: place.settingsFile, ...identity }, checks);
    output.result({ ...gate, ...identity, reports, checks });
    output.line(`The plugin is named in ${gate.settingsFile}. A gateway that runs takes it up by itself.`);
    if (isRenewed)
      output.line("It was there before: renew it in a running gateway with openclaw plugins reload firebreak");
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
    noteTested(context, { runtime: "openclaw", place: place.settingsFile }, checks);
    output.result({ ...place, installed: true, checks });
    return printChecks(context, checks);
  },
  coverage: async (command, context) => {
    const place = placeOf(command, context);
    const installed = installedPlugin(place) !== null;
    const coverage = coverageOf("openclaw", installed);
    context.output.result({ ...place, installed, coverage });
    context.output.line(`${installed ? "Installed" : "Not installed"} in ${place.settingsFile}.`);
    printCoverage(context, "openclaw", installed);
    return EXIT.ok;
  },
  remove: async (command, context) => {
    const place = placeOf(command, context);
    const { client, output } = context;
    const problem = await closeTelemetry(client, place);
    const removed = forgetGateAnd(place.home, { runtime: "openclaw", place: place.settingsFile }, () =>
      removeOpenclawGate(place),
    );
    output.result({ ...place, removed });
    output.line(`${removed ? "The plugin is gone from" : "There was no plugin in"} ${place.settingsFile}.`);
    if (problem !== null) output.note(`firebreak: ${problem}`);
    return EXIT.ok;
  },
};
