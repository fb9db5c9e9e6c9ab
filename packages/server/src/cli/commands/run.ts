import path from "node:path";
import { entityName } from "@firebreak/protocol";
import { runSupervisor } from "../../containment/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS } from "../exit-codes.ts";
import { printable } from "../printable.ts";

export const runCommand: Command = {
  name: "run",
  summary: "run an agent under supervision, so that it can be stopped",
  description: [
    "Starts the command in its own process tree (and cgroup, where allowed), passes output, signals and exit code " +
      "through, sends JSON lines of its output as telemetry, and enforces the kill switch by itself, with or without " +
      "the server.",
    "Ends with the command's exit code (128 and the signal's number when a signal ended it), or with 75 when a hold " +
      "forbids the start.",
  ],
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
  exits: [...ALWAYS, "heldBack"],
  outlivesItsReader: true,
  run: async (context) => {
    const { args, clock, newId, logger, config, environment, workingDirectory } = context;
    const agent = nameOf("agent", args.requiredText("agent"));
    const pack = args.text("pack");
    return runSupervisor({
      home: config.home,
      agent,
      pack: pack === undefined ? undefined : nameOf("pack", pack),
      command: args.rest,
      workspace: path.resolve(workingDirectory, args.text("workspace") ?? "."),
      cwd: workingDirectory,
      env: environment,
      clock,
      newId,
      logger,
      stdio: { stdin: "inherit", stdout: process.stdout, stderr: process.stderr },
      server: await serverFinder(context),
      logLines: args.flag("log-output"),
    });
  },
};

function nameOf(option: "agent" | "pack", text: string): string {
  if (entityName.safeParse(text).success) return text;
  const rule = "letters, digits and . _ : @ -, beginning with a letter or digit";
  throw usageError(runCommand, `--${option} takes a name (${rule}), not "${printable(text)}".`);
}

/**
 * Without a server the agent runs under control all the same; telemetry is kept, and the supervisor asks again until one
 * answers.
 */
async function serverFinder({ client, output }: CommandContext) {
  const find = async () => {
    const server = await client.find();
    const token = server === null ? null : client.tokenFor(server);
    return server !== null && token !== null ? { url: server.url, token } : null;
  };
  if ((await find()) === null) {
    output.note("firebreak: no server answers yet; the agent runs supervised without it and the kill switch works.");
  }
  return find;
}
