import { fork } from "node:child_process";
import path from "node:path";
import { makeTempDir, removeDir, startFirebreak, until } from "./lib/firebreak.mjs";

const GATES = 1_000;
const PROCESSES = 4;
const ROUNDS = 10;
const TOKENS_AT_ONCE = 20;
/** Longer than a lease and the second in which it could still be renewed. */
const LEASE_OVER_MS = 6_000;

/**
 * A thousand gates of agents in four processes, connected to one server on the same machine: from the request of a stop to
 * the denial in each gate; and the whole fleet coming back after its server was away for longer than a lease.
 */
export async function run() {
  const home = makeTempDir();
  let server = await startFirebreak(home);
  let fleet;
  try {
    fleet = await startFleet(server);
    const denied = await measureStops(server, fleet);
    const { port } = server;
    await server.stop();
    await until("the leases to be over", async () => ((await fleet.count()).allowed === 0 ? true : undefined), {
      withinMs: LEASE_OVER_MS,
    });
    const downMs = now();
    server = await startFirebreak(home, { port });
    const healthyMs = now();
    const back = await fleet.whenAll((state) => state.allowed && state.atMs > downMs, 60_000);
    const waits = back.map((state) => Math.max(0, state.atMs - healthyMs));
    const note = "nobody is let through before: checked while the server was away";
    return [
      {
        what: `stop everything: ${GATES} connected gates deny, from the request`,
        unit: "ms",
        values: denied,
        budget: { max: 100, at: "p99" },
        note: `${ROUNDS} stops; gates in ${PROCESSES} processes on the server's machine`,
      },
      { what: `${GATES} gates have a lease again, from the healthy server`, unit: "ms", values: waits, note },
    ];
  } finally {
    fleet?.end();
    await server.stop();
    removeDir(home);
  }
}

function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}

async function measureStops(server, fleet) {
  const values = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = now();
    const asked = { scope: "global", level: "deny", reason: "benchmark" };
    const { hold } = await server.api("POST", "/killswitch/stop", asked);
    const states = await fleet.whenAll((state) => !state.allowed && state.atMs > startMs, 10_000);
    if (states.some((state) => state.denial !== "stopped")) throw new Error("a gate denied for another reason");
    values.push(...states.map((state) => state.atMs - startMs));
    const { allowed } = await fleet.count();
    if (allowed > 0) throw new Error(`${allowed} gates let through what is stopped`);
    await server.api("POST", `/killswitch/holds/${hold.id}/resume`, { reason: "benchmark" });
    await fleet.whenAll((state) => state.allowed, 10_000);
  }
  return values;
}

async function startFleet(server) {
  const agents = await createAgents(server);
  const { key } = await keyOf(server);
  const states = new Map(agents.map(({ id }) => [id, { allowed: false, denial: "lease_expired", atMs: 0 }]));
  const counts = [];
  const children = Array.from({ length: PROCESSES }, () =>
    fork(path.join(import.meta.dirname, "gate-fleet-gates.mjs")),
  );
  children.forEach((child, index) => {
    child.on("message", ({ kind, changes, ...said }) => {
      if (kind === "count") counts.push(said);
      else for (const { id, ...state } of changes) states.set(id, state);
    });
    const url = `http://127.0.0.1:${server.port}`;
    child.send({ kind: "open", url, serverKey: key, agents: agents.filter((_, i) => i % PROCESSES === index) });
  });
  const whenAll = async (test, withinMs) => {
    const isDone = () => ([...states.values()].every(test) ? [...states.values()] : undefined);
    return until("every gate", isDone, { withinMs, everyMs: 5 });
  };
  const count = async () => {
    counts.length = 0;
    for (const child of children) child.send({ kind: "count" });
    await until("every process to count", () => (counts.length === PROCESSES ? true : undefined), { everyMs: 2 });
    return { allowed: counts.reduce((sum, said) => sum + said.allowed, 0) };
  };
  const end = () => {
    for (const child of children) child.send({ kind: "end" });
  };
  try {
    await whenAll((state) => state.allowed, 60_000);
  } catch (fault) {
    end();
    throw fault;
  }
  return { whenAll, count, end };
}

async function keyOf(server) {
  const headers = { authorization: `Bearer ${server.token}` };
  const query = "agent=bench&session=bench&nonce=0123456789abcdef";
  const stream = await fetch(`http://127.0.0.1:${server.port}/api/v1/gate/feed?${query}`, { headers });
  const key = stream.headers.get("x-firebreak-key");
  await stream.body.cancel();
  return { key };
}

async function createAgents(server) {
  const ids = Array.from({ length: GATES }, (_, i) => `agent-${i}`);
  const agents = [];
  const work = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const { token } = await server.api("POST", "/tokens", { name: id, access: "agent", agentId: id });
      agents.push({ id, token });
    }
  };
  await Promise.all(Array.from({ length: TOKENS_AT_ONCE }, work));
  return agents;
}
