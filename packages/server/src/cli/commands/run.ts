import path from "node:path";
import { readLocalToken } from "../../access/index.ts";
import { runSupervisor } from "../../containment/index.ts";
import { OperatorError } from "../../kernel/index.ts";
import { EXIT } from "../command.ts";
import type { Command, CommandContext } from "../command.ts";

export const runCommand: Command = {
  name: "run",
  summary: "run an agent under supervision: it can be stopped, with proof",
  description:
    "Starts the command in its own process tree (and cgroup, where allowed), passes output, signals and exit code\n" +
    "through, sends JSON lines of its output as telemetry, and enforces the kill switch by itself, with or without the\n" +
    "server. Ends with the command's exit code, or 75 when a hold forbids the start.",
  options: {
    agent: { type: "string", value: "ID", summary: "the agent's name (needed)" },
    pack: { type: "string", value: "NAME", summary: "the pack it belongs to" },
    workspace: { type: "string", value: "DIR", summary: "where the agent's own files lie (the working directory)" },
    "log-output": { type: "boolean", summary: "take output that is no telemetry as events of kind log" },
  },
  rest: { name: "COMMAND…", summary: "the agent's command and its arguments" },
  examples: [
    "firebreak run --agent scout --pack research -- node agent.mjs",
    "firebreak run --agent bot -- ./bot --fast",
  ],
  run: async (context) => {
    const { args, clock, newId, logger, config, environment, workingDirectory } = context;
    const agent = args.text("agent");
    if (agent === undefined) {
      throw new OperatorError("Name the agent: --agent ID.", "See: firebreak run --help", { exitCode: EXIT.usage });
    }
    return runSupervisor({
      home: config.home,
      agent,
      pack: args.text("pack"),
      command: args.rest,
      workspace: path.resolve(workingDirectory, args.text("workspace") ?? "."),
      cwd: workingDirectory,
      env: environment,
      ...{ clock, newId, logger },
      stdio: { stdin: "inherit", stdout: process.stdout, stderr: process.stderr },
      server: await findServer(context),
      logLines: args.flag("log-output"),
    });
  },
};

/** Without a server the agent runs under control all the same; telemetry is then kept until one answers. */
async function findServer({ client, config, environment, output }: CommandContext) {
  const server = await client.find();
  const token = environment["FIREBREAK_TOKEN"] ?? readLocalToken(config.home);
  if (server !== null && token !== null) return { url: server.url, token };
  output.note("firebreak: no server answers; the agent runs supervised without it and the kill switch works.");
  return undefined;
}
