import { OWNER_NAME, ensureOwner, issueSignInLink } from "../access/index.ts";
import { createApiServices, createHttpServer, createLiveHub } from "../api/index.ts";
import type { HttpServer, LiveHub } from "../api/index.ts";
import { contextFor, DAEMON, openHouse, watchChanges } from "../app/index.ts";
import type { OpenHouse } from "../app/index.ts";
import { findSupervisedCaller } from "../containment/index.ts";
import { formatFileProblem, programFile, toIso } from "../kernel/index.ts";
import type { CommandContext } from "./command.ts";
import { durationText } from "./format.ts";
import { consoleDir, dataDir, readVersion } from "./installation.ts";
import { removeServerFile, writeServerFile } from "./server-file.ts";

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
    program: programFile("firebreak"),
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
    findSupervisedCaller: (connection) => findSupervisedCaller(config.home, connection),
    isStorageFault: house.isStorageFault,
  });
}

export async function announce({ output, config }: CommandContext, server: RunningServer): Promise<void> {
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
  for (const problem of house.fieldMaps.problems) output.line(style.yellow(formatFileProblem(problem)));
  for (const error of house.detector.rules().errors) output.line(style.yellow(formatFileProblem(error)));
  output.line(style.dim("Supervise an agent: firebreak run --agent NAME -- COMMAND"));
  output.line(style.dim("End the server: Ctrl-C"));
}
