import { execFileSync } from "node:child_process";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import {
  createBlockEffector,
  createIsolateEffector,
  reconcileFirewall,
  reconcileIsolation,
} from "../../packages/server/src/containment/index.ts";
import type { Effector } from "../../packages/server/src/containment/index.ts";
import { createNewId, silentLogger, systemClock } from "../../packages/server/src/kernel/index.ts";

/**
 * Lives in a network namespace of its own and does there what it is told, one JSON line after another: `run` a program,
 * `serve` an echo, `connect`, `echo` over a connection, and verbs of effectors. It answers each with a line.
 */
interface Order {
  readonly do: "run" | "serve" | "connect" | "echo" | "effector" | "reconcile";
  readonly command?: string[];
  readonly host?: string;
  readonly from?: string;
  readonly port?: number;
  readonly operators?: string[];
  readonly neverBlock?: string[];
  readonly name?: string;
  readonly verb?: "preview" | "apply" | "verify" | "undo";
  readonly context?: Record<string, unknown>;
  readonly parameters?: unknown;
  readonly output?: Record<string, unknown>;
}

const WAIT_MS = 400;
const connections: Socket[] = [];

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case "run": {
      const [file = "", ...args] = order.command ?? [];
      return execFileSync(file, args, { encoding: "utf8" });
    }
    case "serve":
      return serve(order);
    case "connect":
      return open(order);
    case "echo":
      return echo(connections.at(-1));
    case "effector":
      return act(order);
    case "reconcile": {
      const ctx = { home: String(order.context?.["home"]), clock: systemClock, logger: silentLogger };
      await reconcileIsolation(ctx);
      return (await reconcileFirewall(ctx, { use: "nftables" })) ?? null;
    }
  }
}

function serve({ host = "", port = 0 }: Order): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve("listening"));
  });
}

/** @returns whether somebody answers in time: dropped packets get no answer at all */
function open({ host = "", port = 0, from }: Order): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
    const timer = setTimeout(() => done(false), WAIT_MS);
    const done = (isOpen: boolean) => {
      clearTimeout(timer);
      if (isOpen) connections.push(socket);
      else socket.destroy();
      resolve(isOpen);
    };
    socket.on("error", () => done(false));
    socket.once("connect", () => done(true));
  });
}

function echo(socket: Socket | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), WAIT_MS);
    socket?.once("data", () => {
      clearTimeout(timer);
      resolve(true);
    });
    socket?.write("x");
  });
}

function effectorOf({ name, operators = [], neverBlock = [] }: Order): Effector {
  const hosts = operators.map((host) => ({ host, why: "where Ada works" }));
  const surroundings = {
    use: "nftables" as const,
    neverBlock,
    operators: async () => hosts,
    database: async () => [],
    services: async () => [],
  };
  return name === "host.isolate" ? createIsolateEffector(surroundings) : createBlockEffector(surroundings);
}

async function act(order: Order): Promise<unknown> {
  const { verb = "preview", context = {}, parameters, output = {} } = order;
  const effector = effectorOf(order);
  const ctx = {
    clock: systemClock,
    newId: createNewId(() => systemClock.now()),
    logger: silentLogger,
    actor: { kind: "person" as const, id: "usr_1", name: "Ada" },
    incidentId: null,
    home: "",
    runId: "run_1",
    stepId: "s",
    expiresAt: null,
    signal: AbortSignal.timeout(20_000),
    ...context,
  };
  if (verb === "preview") return effector.preview(ctx, parameters);
  if (verb === "apply") return effector.apply(ctx, parameters);
  return effector[verb](ctx, parameters, output);
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer: unknown;
  try {
    answer = { answer: await obey(JSON.parse(line)) };
  } catch (fault) {
    answer = { fault: String(fault) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
