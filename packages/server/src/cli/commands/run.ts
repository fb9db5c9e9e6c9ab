import { randomInt } from "node:crypto";
import path from "node:path";
import { entityName } from "@firebreak/protocol";
import { ISOLATIONS, parseAbort, RESTARTS, runSupervisor, WHEN_LOST } from "../../containment/index.ts";
import type { SupervisorOptions } from "../../containment/index.ts";
import { openSigningKey } from "../../kernel/index.ts";
import { encodeFeedKey, isServerKey } from "../../killswitch/index.ts";
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
    "--isolate pid gives it a process table of its own: nothing that it starts can get out of its tree. --isolate net " +
      "leaves it no network at all. --isolate home hides Firebreak's own files from it; its gates still read the kill " +
      "switch. All need root or user namespaces, and refuse the start where they cannot be had.",
    "An agent that is started again and again waits 1 s, 2 s, 4 s … up to a minute; after 5 starts within a minute it is " +
      "given up. What a stop covers is never started again.",
    "--server URL with --server-key (what `firebreak gate key` prints there) lets a server on another machine stop the " +
      "agent: its stops are carried out and proved here, and without a lease of it the agent stands still within five " +
      "seconds. It needs a responder's token in FIREBREAK_TOKEN.",
    "Ends with the command's exit code (128 and the signal's number when a signal ended it), or with 75 when a hold " +
      "forbids the start.",
  ],
  options: {
    agent: { type: "string", value: "ID", summary: "the agent's name (needed)" },
    pack: { type: "string", value: "NAME", summary: "the pack it belongs to" },
    workspace: { type: "string", value: "DIR", summary: "where the agent's own files lie (the working directory)" },
    restart: { type: "string", value: "WHEN", summary: "never (the default), on-failure or always" },
    "max-pids": {
      type: "string",
      value: "N",
      summary: "processes and threads in all (4096 where a cgroup can hold it)",
    },
    "max-memory": { type: "string", value: "SIZE", summary: "memory in all: 512M, 2G" },
    isolate: {
      type: "string",
      value: "WHAT",
      repeatable: true,
      summary: "pid, net or home: what it does not share",
    },
    server: { type: "string", value: "URL", summary: "a server elsewhere (FIREBREAK_URL)" },
    "server-key": { type: "string", value: "KEY", summary: "its key, so that it may stop here (FIREBREAK_SERVER_KEY)" },
    "on-lost-server": { type: "string", value: "HOW", summary: "without its lease: freeze (the default) or deny" },
    abort: { type: "string", value: "HOW", summary: "at a deny, once: a signal, or POST to http://127.0.0.1:PORT/…" },
    "log-output": { type: "boolean", summary: "take output that is no telemetry as events of kind log" },
  },
  rest: { name: "COMMAND…", summary: "the agent's command and its arguments" },
  examples: [
    "firebreak run --agent scout --pack research -- node agent.mjs",
    "firebreak run --agent bot -- ./bot --fast",
    "firebreak run --agent bot --restart on-failure --max-memory 2G --isolate pid --isolate home -- ./bot",
    "firebreak run --agent bot --server https://firebreak.example.org --server-key ed25519:… -- ./bot",
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
      ...(await serverOf(context)),
      logLines: args.flag("log-output"),
      restart: { when: oneOf("restart", RESTARTS, args.text("restart") ?? "never") },
      abort: abortOf(args.text("abort")),
      random: () => randomInt(1_000_000) / 1_000_000,
      maxPids: args.count("max-pids", { min: 1, max: 4_000_000 }),
      maxMemoryBytes: bytesOf("max-memory", args.text("max-memory")),
      orphanCommand: [process.execPath, process.argv[1] ?? "", "freeze-orphans"],
      isolate: args.texts("isolate").map((what) => oneOf("isolate", ISOLATIONS, what)),
    });
  },
};

function nameOf(option: "agent" | "pack", text: string): string {
  if (entityName.safeParse(text).success) return text;
  const rule = "letters, digits and . _ : @ -, beginning with a letter or digit";
  throw usageError(runCommand, `--${option} takes a name (${rule}), not "${printable(text)}".`);
}

function oneOf<T extends string>(option: string, allowed: readonly T[], text: string): T {
  const found = allowed.find((one) => one === text);
  if (found !== undefined) return found;
  throw usageError(runCommand, `--${option} takes ${allowed.join(", ")}, not "${printable(text)}".`);
}

function abortOf(text: string | undefined) {
  if (text === undefined) return undefined;
  const abort = parseAbort(text);
  if (abort !== null) return abort;
  throw usageError(
    runCommand,
    `--abort takes SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 or a http address of this machine.`,
  );
}

const UNITS = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;

function bytesOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = ""] = /^(\d{1,12})([KMGT]?)$/i.exec(text) ?? [];
  const factor = new Map<string, number>(Object.entries(UNITS)).get(unit.toUpperCase());
  const bytes = Number(count) * (factor ?? Number.NaN);
  if (bytes >= 1024 ** 2 && Number.isSafeInteger(bytes)) return bytes;
  throw usageError(runCommand, `--${option} takes a size of 1M or more (512M, 2G), not "${printable(text)}".`);
}

/** The server of this home, whose journal is ours too; or one elsewhere, which needs a key to stop anything here. */
async function serverOf(context: CommandContext): Promise<Pick<SupervisorOptions, "server" | "governor">> {
  const { args, environment, config, output } = context;
  const url = args.text("server") ?? given(environment["FIREBREAK_URL"]);
  const key = args.text("server-key") ?? given(environment["FIREBREAK_SERVER_KEY"]);
  if (key === undefined || url === undefined) {
    if (key !== undefined) throw usageError(runCommand, "--server-key goes with --server URL.");
    if (args.text("server") !== undefined) throw usageError(runCommand, "--server URL goes with --server-key KEY.");
    return { server: await serverFinder(context) };
  }
  if (!isServerKey(key)) throw usageError(runCommand, "--server-key takes what `firebreak gate key` prints: ed25519:…");
  if (!URL.canParse(url)) throw usageError(runCommand, `--server takes an address, not "${printable(url)}".`);
  const isOwn = key === encodeFeedKey(openSigningKey(config.home, "lease-key").publicKeyPem);
  if (isOwn) return { server: await serverFinder(context) };
  const token = given(environment["FIREBREAK_TOKEN"]);
  if (token === undefined) {
    throw usageError(runCommand, `${url} governs this agent: give a responder's token in FIREBREAK_TOKEN.`);
  }
  output.note(`firebreak: ${url} governs this agent; without its lease the agent stops.`);
  const whenLost = oneOf("on-lost-server", WHEN_LOST, args.text("on-lost-server") ?? "freeze");
  return { server: { url, token }, governor: { url, token, key, whenLost } };
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value.trim().replace(/\/+$/, "");
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
