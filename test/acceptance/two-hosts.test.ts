import path from "node:path";
import { incidentDetail, newTokenView, resumeReceipt, stopReceipt } from "@firebreak/protocol";
import type { StopReceipt, StopRequest } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Installation, repository } from "../harness/firebreak.ts";
import type { Child } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

const AGENT = path.join(repository, "test/agents/ask-gate-forever.mjs");
const REASON = "it sends the customers' data away";

/** The server's host, and another one: a home of its own, whose supervisors reach the server by its address alone. */
let server: Installation;
let other: Installation;
let serverProcess: Child;
let governed: readonly string[];

beforeAll(async () => {
  server = new Installation();
  serverProcess = await server.startServer();
  const { token } = await server.call(newTokenView, "POST", "/tokens", { name: "other host", access: "responder" });
  const { value } = await server.json(z.object({ serverKey: z.string() }), "gate", "key");
  other = new Installation({ FIREBREAK_TOKEN: token });
  governed = ["--server", server.url, "--server-key", value.serverKey];
});
afterAll(async () => {
  await other.close();
  await server.close();
});

interface Agent extends Child {
  /** waits for this many further decisions, and @returns them and what came with them */
  readonly next: (count: number) => Promise<string[]>;
  /** waits until this is what its gate decides: news from the other host are under way for some decisions */
  readonly comesTo: (decision: string) => Promise<void>;
  readonly decisions: () => string[];
}

function startAgent(...options: string[]): Agent {
  const words = ["run", "--agent", "scout", "--pack", "research", ...governed, ...options];
  const child = other.start([...words, "--", process.execPath, AGENT]);
  const decisions = () =>
    child
      .output()
      .split("\n")
      .filter((line) => /^(allowed|stopped|lease_expired|gate_broken)$/.test(line));
  const next = async (count: number) => {
    const from = decisions().length;
    return waitFor("decisions", 30_000, () => {
      const later = decisions().slice(from);
      return later.length >= count ? later : undefined;
    });
  };
  const comesTo = async (decision: string) => {
    await waitFor(`the decision ${decision}`, 30_000, () => (decisions().at(-1) === decision ? true : undefined));
  };
  return { ...child, decisions, next, comesTo };
}

async function standsStill(agent: Agent): Promise<boolean> {
  const before = agent.decisions().length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  return agent.decisions().length === before;
}

async function waitUntilStill(agent: Agent): Promise<void> {
  await waitFor("the agent to stand still", 15_000, async () => ((await standsStill(agent)) ? true : undefined));
}

function stop(request: Partial<StopRequest>): Promise<StopReceipt> {
  const asked = { scope: "agent", target: "scout", reason: REASON, ...request };
  return server.call(stopReceipt, "POST", "/killswitch/stop", asked);
}

async function resume({ hold }: StopReceipt): Promise<void> {
  await server.call(resumeReceipt, "POST", `/killswitch/holds/${hold.id}/resume`, { reason: "it is mended" });
}

async function end(agent: Agent): Promise<void> {
  agent.process.kill("SIGTERM");
  await agent.ended;
}

describe("C-1, C-2: an agent on another host than the server", () => {
  test("is denied, frozen and let go by the server, with the proof of its own supervisor", async () => {
    const agent = startAgent();
    expect(await agent.next(3)).toContain("allowed");
    const deny = await stop({ level: "deny" });
    expect(deny).toMatchObject({ verified: false, results: [{ agentId: "scout", state: "acknowledged" }] });
    await agent.comesTo("stopped");
    expect(new Set(await agent.next(3))).toEqual(new Set(["stopped"]));
    const freeze = await stop({ level: "freeze" });
    expect(freeze.results).toMatchObject([{ agentId: "scout", pack: "research", state: "verified_stopped" }]);
    expect(freeze).toMatchObject({
      verified: true,
      results: [{ proof: expect.stringContaining("its supervisor on") }],
    });
    expect(await standsStill(agent)).toBe(true);
    await resume(freeze);
    expect((await agent.next(5)).at(-1)).toBe("stopped");
    await resume(deny);
    await agent.comesTo("allowed");
    const kill = await stop({ scope: "pack", target: "research", level: "kill" });
    expect(kill).toMatchObject({ verified: true, results: [{ level: "kill", state: "verified_stopped" }] });
    expect(await agent.ended).toMatchObject({ code: 137 });
    await resume(kill);
  });

  test("is not started while the server stops it, nor by a server that has another key", async () => {
    const held = await stop({ level: "deny" });
    const refused = startAgent();
    expect(await refused.ended).toMatchObject({ code: 75 });
    expect(refused.output()).toContain(`agent scout is stopped (deny) by local: ${REASON}`);
    await resume(held);
    const { value } = await other.json(z.object({ serverKey: z.string() }), "gate", "key");
    const wrong = ["--server", server.url, "--server-key", value.serverKey.replace(/.{4}$/, "AAAA")];
    const deceived = other.start(["run", "--agent", "scout", ...wrong, "--", "sleep", "60"]);
    expect(await deceived.ended).toMatchObject({ code: 75 });
    expect(deceived.output()).toContain("not signed with the key that is pinned here");
  });

  test("whose supervisor does not answer is not called stopped; its late proof is put on record", async () => {
    const agent = startAgent();
    await agent.next(3);
    const incident = { title: "It does not answer", severity: 2, type: "agent_runaway", agentId: "scout" };
    const { id } = await server.call(incidentDetail, "POST", "/incidents", incident);
    agent.process.kill("SIGSTOP");
    const receipt = await stop({ level: "freeze", incidentId: id });
    expect(receipt).toMatchObject({ verified: false, results: [{ state: "unverified" }] });
    agent.process.kill("SIGCONT");
    const late = await waitFor("the late proof", 30_000, async () => {
      const { stops, state } = await server.call(incidentDetail, "GET", `/incidents/${id}`);
      return state === "contained" ? stops.find((one) => one.verified) : undefined;
    });
    expect(late.results).toMatchObject([{ state: "verified_stopped", proof: expect.stringContaining("later") }]);
    expect(await standsStill(agent)).toBe(true);
    await resume(receipt);
    await agent.next(3);
    await end(agent);
  });

  test("whose supervisor is gone is unreachable, with the end of its lease", async () => {
    const agent = startAgent();
    await agent.next(3);
    agent.process.kill("SIGKILL");
    await agent.ended;
    const receipt = await waitFor("the connection to end", 30_000, async () => {
      const made = await stop({ level: "freeze" });
      await resume(made);
      return made.results[0]?.state === "unreachable" ? made : undefined;
    });
    expect(receipt.results[0]?.proof).toMatch(/is not connected; its lease ends at 2\d{3}-.*Z at the latest/);
    // what it left, unless that ended with it, stands still by now; on its own host it is found
    const { value } = await other.json(stopReceipt, "stop", "--agent", "scout", "--level", "kill", "--reason", REASON);
    expect(value.results.filter(({ state }) => state !== "verified_stopped")).toEqual([]);
    expect(other.agentProcesses()).toEqual([]);
  });
});

describe("C-8: when the server of another host is away", () => {
  test("the agent stands still within a lease, also after kill -9, and runs on when the server is back", async () => {
    await releaseAllOf(other);
    const agent = startAgent();
    await agent.next(3);
    const port = Number(new URL(server.url).port);
    serverProcess.process.kill("SIGKILL");
    const startMs = performance.now();
    await waitUntilStill(agent);
    expect(performance.now() - startMs).toBeLessThan(8_000);
    expect(agent.output()).toMatch(/scout is frozen by .*gives no lease/);
    serverProcess = await server.startServer(port);
    await agent.comesTo("allowed");
    await end(agent);
  });

  test("the agent stands still too when nothing comes through any more and the connection stays, and runs on afterwards", async () => {
    const agent = startAgent();
    await agent.next(3);
    serverProcess.process.kill("SIGSTOP");
    try {
      await waitUntilStill(agent);
      expect(agent.output()).toMatch(/scout is frozen by .*gives no lease/);
    } finally {
      serverProcess.process.kill("SIGCONT");
    }
    await agent.comesTo("allowed");
    await end(agent);
  });

  test("--on-lost-server deny: its gate denies as lease_expired, and the processes run on", async () => {
    const agent = startAgent("--on-lost-server", "deny");
    await agent.next(3);
    const port = Number(new URL(server.url).port);
    serverProcess.process.kill("SIGTERM");
    await agent.comesTo("lease_expired");
    expect((await agent.next(5)).at(-1)).toBe("lease_expired");
    serverProcess = await server.startServer(port);
    await agent.comesTo("allowed");
    await end(agent);
  });
});

/** The other host's own journal keeps the stop that was made there. */
async function releaseAllOf(installation: Installation): Promise<void> {
  const view = z.object({ holds: z.array(z.object({ id: z.string() })) });
  const { value } = await installation.json(view, "status");
  for (const { id } of value.holds) await installation.json(z.unknown(), "resume", id, "--reason", "the test goes on");
}
