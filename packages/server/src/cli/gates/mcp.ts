import path from "node:path";
import {
  forgetGateAnd,
  gateMcpServers,
  listMcpServers,
  testMcpGate,
  ungateMcpServers,
} from "../../containment/index.ts";
import type { GateCheck, McpServer } from "../../containment/index.ts";
import { programFile } from "../../kernel/index.ts";
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

function fileOf(command: Command, { args, workingDirectory }: CommandContext): string {
  if (args.flag("managed") || args.text("project") !== undefined) {
    throw usageError(command, "--project and --managed are for claude-code; for mcp give --config FILE.");
  }
  const file = args.text("config");
  if (file === undefined) throw usageError(command, "For mcp give --config FILE: where the client lists its servers.");
  return path.resolve(workingDirectory, file);
}

function testServers(context: CommandContext, servers: readonly McpServer[]): Promise<GateCheck[]> {
  const { clock, newId, environment, userName } = context;
  const actor = { kind: "cli", id: userName, name: userName } as const;
  return withKillswitch(context, async (killswitch) => {
    const checks: GateCheck[] = [];
    for (const server of servers) {
      checks.push(...(await testMcpGate({ server, killswitch, actor, newId, clock, environment })));
    }
    return checks;
  });
}

function warnOfUrls({ output }: CommandContext, names: readonly string[]): void {
  if (names.length === 0) return;
  const list = names.map(printable).join(", ");
  output.note(
    `firebreak: not behind the gate, because they are reached by URL: ${list}. See firebreak gate mcp --help.`,
  );
}

export const mcpGate: RuntimeGate = {
  install: async (command, context) => {
    const file = fileOf(command, context);
    const agent = nameOption(command, context, "agent") ?? "mcp-client";
    const pack = nameOption(command, context, "pack");
    const main = programFile("firebreak");
    const identity = ["--agent", agent, ...(pack === undefined ? [] : ["--pack", pack])];
    const args = [main, "gate", "mcp", "--home", context.config.home, ...identity, "--"];
    forgetGateAnd(context.config.home, { runtime: "mcp", place: file }, () =>
      gateMcpServers(file, { command: process.execPath, args }),
    );
    const { started, byUrl } = listMcpServers(file);
    context.output.note(`Testing ${started.length} server(s) through the gate …`);
    const checks = await testServers(context, started);
    noteInstalled(context, { runtime: "mcp", place: file, agent, pack: pack ?? null }, checks);
    context.output.result({ config: file, agent, pack: pack ?? null, servers: started, byUrl, checks });
    context.output.line(`${started.length} server(s) in ${file} are behind the gate; restart the client.`);
    warnOfUrls(context, byUrl);
    return checks.length === 0 ? EXIT.failed : printChecks(context, checks);
  },
  test: async (command, context) => {
    const file = fileOf(command, context);
    const { started, byUrl } = listMcpServers(file);
    const gated = started.filter((server) => server.gated);
    const checks = await testServers(context, gated);
    noteTested(context, { runtime: "mcp", place: file }, checks);
    context.output.result({ config: file, servers: started, byUrl, checks });
    const open = started.filter((server) => !server.gated).map(({ name }) => printable(name));
    if (open.length > 0) context.output.line(context.output.style.red(`Without a gate: ${open.join(", ")}.`));
    warnOfUrls(context, byUrl);
    return open.length > 0 ? (printChecks(context, checks), EXIT.failed) : printChecks(context, checks);
  },
  coverage: async (command, context) => {
    const file = fileOf(command, context);
    const { started, byUrl } = listMcpServers(file);
    const installed = started.length > 0 && started.every((server) => server.gated);
    const coverage = coverageOf("mcp", installed);
    context.output.result({ config: file, servers: started, byUrl, installed, coverage });
    const gated = started.filter((server) => server.gated).length;
    context.output.line(`${gated} of ${started.length + byUrl.length} server(s) in ${file} are behind the gate.`);
    printCoverage(context, "mcp", installed);
    return EXIT.ok;
  },
  remove: async (command, context) => {
    const file = fileOf(command, context);
    const removed = forgetGateAnd(context.config.home, { runtime: "mcp", place: file }, () => ungateMcpServers(file));
    context.output.result({ config: file, removed });
    context.output.line(`${removed} server(s) in ${file} are as they were; restart the client.`);
    return EXIT.ok;
  },
};
