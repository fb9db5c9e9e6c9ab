import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { codeOf, ensurePrivateDir } from "../../kernel/index.ts";
import { apiOfHome, signIn } from "./api.ts";
import type { SandboxApi } from "./api.ts";
import { startCatcher } from "./catcher.ts";
import type { Catcher } from "./catcher.ts";
import { MARKER } from "./clear.ts";
import { fetchLoopback } from "./fetch-loopback.ts";
import type { Isolation } from "./isolate.ts";
import { endChild, startChild } from "./processes.ts";
import type { Child, SpawnOptions } from "./processes.ts";
import { waitFor } from "./wait.ts";

/** A place of its own for one drill: folders, an environment, and every process that was started in it. */
export interface Sandbox {
  readonly folder: string;
  readonly home: string;
  /** of the agents; outside the home, which evidence leaves out */
  readonly workspace: string;
  readonly isolation: Isolation;
  readonly catcher: Catcher;
  readonly environment: Readonly<Record<string, string>>;
  readonly start: (
    command: readonly [string, ...string[]],
    options?: Partial<Pick<SpawnOptions, "cwd" | "as" | "env">>,
  ) => Child;
  /** Starts `firebreak WORDS` as a person of the sandbox would. */
  readonly startFirebreak: (words: readonly string[], cwd?: string) => Child;
  /** run when the sandbox closes, last first */
  readonly onClose: (clean: () => Promise<void> | void) => void;
  readonly close: () => Promise<void>;
}

export interface SandboxOptions {
  readonly folder: string;
  readonly isolation: Isolation;
  /** the program `firebreak` */
  readonly program: string;
  readonly profileName: string;
  /** of the surroundings: only what programs need to be found */
  readonly path: string;
}

const END_GRACE_MS = 10_000;
const START_TIMEOUT_MS = 90_000;

export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { folder, isolation, program, profileName } = options;
  const home = path.join(folder, "home");
  const workspace = path.join(folder, "workspace");
  ensurePrivateDir(home);
  // a service may run as another user, who must come in
  for (const name of ["workspace", "tmp", "locks", "services", "user"]) mkdirSync(path.join(folder, name));
  const environment = {
    [MARKER]: folder,
    FIREBREAK_SANDBOX_ISOLATION: isolation,
    PATH: options.path,
    HOME: path.join(folder, "user"),
    TMPDIR: path.join(folder, "tmp"),
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    FIREBREAK_HOME: home,
    FIREBREAK_PROFILE: profileName,
    FIREBREAK_RESOURCE_GUARD: "off",
    // the folder is taken away again
    FIREBREAK_EVIDENCE_IMMUTABLE: "off",
  };
  const children: Child[] = [];
  const cleaners: (() => Promise<void> | void)[] = [];
  const catcher = await startCatcher();
  const start: Sandbox["start"] = (command, { cwd = workspace, env = {}, as } = {}) => {
    const child = startChild(command, { cwd, env: { ...environment, ...env }, ...(as === undefined ? {} : { as }) });
    children.push(child);
    return child;
  };
  return {
    folder,
    home,
    workspace,
    isolation,
    catcher,
    environment,
    start,
    startFirebreak: (words, cwd = workspace) => start([process.execPath, program, ...words], { cwd }),
    onClose: (clean) => void cleaners.push(clean),
    close: async () => {
      for (const clean of cleaners.splice(0).toReversed()) await clean();
      for (const child of children.splice(0).toReversed()) await endChild(child, END_GRACE_MS);
      await catcher.close();
    },
  };
}

const serverFile = z.object({ pid: z.number(), url: z.string() });

/** Two persons: one answers, and one whom a second yes can come from. */
export interface Persons {
  readonly first: SandboxApi;
  readonly second: SandboxApi;
}

/** Starts the sandbox's own Firebreak. @throws NotInTimeError, or an Error with what it said when it ended */
export async function startServer(sandbox: Sandbox): Promise<SandboxApi> {
  const server = sandbox.startFirebreak(["up", "--port", "0"], sandbox.home);
  return waitFor("the sandbox's own server", START_TIMEOUT_MS, async () => {
    if (server.hasEnded()) throw new Error(`the sandbox's own server ended: ${server.tail()}`);
    const address = readServerFile(sandbox.home);
    if (address === undefined || address.pid !== server.process.pid) return undefined;
    return (await isHealthy(address.url)) ? apiOfHome(sandbox.home, address.url) : undefined;
  });
}

function readServerFile(home: string): z.infer<typeof serverFile> | undefined {
  try {
    return serverFile.parse(JSON.parse(readFileSync(path.join(home, "server.json"), "utf8")));
  } catch (fault) {
    if (codeOf(fault) === "ENOENT" || fault instanceof SyntaxError) return undefined;
    throw fault;
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetchLoopback(`${url}/health`, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** @param password of both; a fresh one for each sandbox */
export async function admitPersons(api: SandboxApi, password: string): Promise<Persons> {
  const admit = async (name: string) => {
    await api.post(z.unknown(), "/users", { name, role: "admin", password });
    return signIn(api.url, { name, password });
  };
  return { first: await admit("drill-first"), second: await admit("drill-second") };
}
