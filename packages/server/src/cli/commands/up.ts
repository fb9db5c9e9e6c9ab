import { OWNER_NAME, ensureOwner, issueSignInLink } from "../../access/index.ts";
import { createApiServices, createHttpServer, createLiveHub } from "../../api/index.ts";
import type { HttpServer, LiveHub } from "../../api/index.ts";
import { contextFor, DAEMON, openHouse, watchChanges } from "../../app/index.ts";
import type { OpenHouse } from "../../app/index.ts";
import { formatFileProblem, toIso } from "../../kernel/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { ALWAYS, EXIT } from "../exit-codes.ts";
import { durationText } from "../format.ts";
import { consoleDir, dataDir, readVersion } from "../installation.ts";
import { removeServerFile, writeServerFile } from "../server-file.ts";
import { listenForStop } from "../stop-signal.ts";

export const upCommand: Command = {
  name: "up",
  summary: "start the server: API, console and all that works by itself",
  description: [
    "Uses DATABASE_URL (PostgreSQL 15 or newer) if set, else its own PostgreSQL in the Firebreak home. Prints the " +
      "address and, until the owner has a password, a sign-in link that works once (another: firebreak token link).",
    "Ctrl-C stops everything it started. With --json it prints one document when it is ready and runs on.",
  ],
  options: {
    port: {
      type: "string",
      short: "p",
      value: "N",
      summary: "listen on this port (8080); a busy one is never replaced silently",
    },
    host: { type: "string", value: "HOST", summary: "listen on this address (127.0.0.1: this machine only)" },
    profile: { type: "string", value: "NAME", summary: "the profile to run (ai-empire)" },
    "public-url": { type: "string", value: "URL", summary: "where people reach the console, if not here" },
    "log-level": { type: "string", value: "LEVEL", summary: "debug, info, warn or error (info)" },
  },
  examples: ["firebreak up", "firebreak up --port 9000", "DATABASE_URL=postgres://… firebreak up"],
  exits: ALWAYS,
  outlivesItsReader: true,
  run: async (context) => {
    const { output } = context;
    const stop = listenForStop(() => output.note("Still stopping; everything is ended in order."));
    const server = await startServer(context);
    if (!stop.signal.aborted) await announce(context, server);
    await stop.asked;
    output.note("Stopping …");
    await server.close();
    stop.dispose();
    return EXIT.ok;
  },
};

export interface RunningServer {
  readonly house: OpenHouse;
  readonly url: string;
  /** milliseconds from the start of the command to listening */
  readonly startedInMs: number;
  close(): Promise<void>;
}

/** Opens the house and its doors. Whatever it started is stopped again when it cannot start whole. */
export async function startServer(context: CommandContext): Promise<RunningServer> {
  const { config, clock, newId, logger, environment } = context;
  const startedMs = clock.monotonicMs();
  const house = await openHouse({
    config,
    environment,
    clock,
    newId,
    logger,
    version: readVersion(),
    dataDir: dataDir(),
  });
  try {
    return await openDoors(context, house, startedMs);
  } catch (fault) {
    await house.close();
    throw fault;
  }
}

async function openDoors(context: CommandContext, house: OpenHouse, startedMs: number): Promise<RunningServer> {
  const { config, clock, logger } = context;
  const live = createLiveHub({ logger });
  const http = await createDoors(context, house, live);
  const { port } = await http.listen(config.host, config.port);
  house.setAddress(port);
  const stopWatching = await watchChanges(house, live);
  const url = house.consoleUrl();
  writeServerFile(config.home, { pid: process.pid, url, startedAt: toIso(clock.now()) });
  return {
    house,
    url,
    startedInMs: clock.monotonicMs() - startedMs,
    close: async () => {
      removeServerFile(config.home, process.pid);
      await http.close();
      await stopWatching();
      await house.close();
    },
  };
}

function createDoors(
  { clock, newId, logger, config }: CommandContext,
  house: OpenHouse,
  live: LiveHub,
): Promise<HttpServer> {
  return createHttpServer({
    services: createApiServices(house),
    authenticate: house.authenticator.authenticate,
    live,
    consoleDir: consoleDir(),
    clock,
    newId,
    logger,
    config: { publicUrl: config.publicUrl },
    isStorageFault: house.isStorageFault,
  });
}

async function announce({ output, config }: CommandContext, server: RunningServer): Promise<void> {
  const { house, url } = server;
  const ctx = contextFor(house, DAEMON);
  const owner = await ensureOwner(ctx);
  const link = owner.passwordNeeded ? await issueSignInLink(ctx, { name: OWNER_NAME }) : null;
  const signIn = link === null ? null : `${url}/sign-in#link=${link.token}`;
  output.result({ url, signIn, home: config.home, pid: process.pid });
  const { style } = output;
  output.line(
    `${style.bold("Firebreak is running")} at ${style.bold(url)} (ready after ${durationText(server.startedInMs)})`,
  );
  output.line(`Data: ${house.database.describe()}; state in ${config.home}; profile ${house.profile.name}`);
  if (signIn !== null) output.line(`Sign in once with: ${signIn}`);
  for (const problem of house.profileProblems) output.line(style.yellow(formatFileProblem(problem)));
  for (const problem of house.playbooks.problems) output.line(style.yellow(formatFileProblem(problem)));
  for (const error of house.detector.rules().errors) output.line(style.yellow(formatFileProblem(error)));
  output.line(style.dim("Supervise an agent: firebreak run --agent NAME -- COMMAND"));
  output.line(style.dim("End the server: Ctrl-C"));
}
