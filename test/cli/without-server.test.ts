import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHome, endLeftovers, isAlive, until } from "./firebreak.ts";
import type { Home, Running } from "./firebreak.ts";

let home: Home;
beforeEach(() => {
  home = createHome();
});
afterEach(async () => {
  await home.firebreak(["stop", "--global", "--level", "kill", "--reason", "the test is over"]);
  endLeftovers();
  home.remove();
});

interface Agent {
  readonly running: Running;
  /** the shell and its child */
  readonly pids: readonly number[];
  /** both work: each writes to a file of its own, again and again */
  readonly isWorking: () => Promise<boolean>;
}

const TICKER = 'while :; do echo tick >> "$1"; sleep 0.02; done';

async function startAgent(agent: string, pack: string): Promise<Agent> {
  const files = ["parent", "child"].map((name) => path.join(home.dir, `${agent}-${name}`));
  const script = `sh -c '${TICKER}' child "$2" & echo pids $$ $!; ${TICKER}`;
  const running = home.start(["run", "--agent", agent, "--pack", pack, "--", "sh", "-c", script, "parent", ...files]);
  const pids = await until(`${agent} runs`, () => /pids (\d+) (\d+)/.exec(running.out())?.slice(1).map(Number));
  const sizes = () => files.map((file) => (existsSync(file) ? statSync(file).size : 0));
  const isWorking = async () => {
    const before = sizes();
    const grew = sizes().map(() => false);
    for (let look = 0; look < LOOKS && grew.includes(false); look++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      for (const [index, size] of sizes().entries()) grew[index] ||= size > (before[index] ?? 0);
    }
    if (grew[0] !== grew[1]) throw new Error(`${agent} works in part: ${grew.join()}`);
    return grew[0] === true;
  };
  return { running, pids, isWorking };
}

/** Silence for twenty ticks is a stop. */
const LOOKS = 20;

async function stop(...words: string[]) {
  const ended = await home.firebreak(["stop", ...words, "--reason", "a drill", "--json"]);
  expect(ended).toMatchObject({ code: 0, error: "" });
  const receipt = JSON.parse(ended.out);
  expect(receipt).toMatchObject({ serverReachable: false, verified: true });
  for (const result of receipt.results) expect(result.state).toBe("verified_stopped");
  return receipt;
}

test("C-1, C-2: with the server down an agent, a pack and everything are stopped, proved, and resumed", async () => {
  const scout = await startAgent("scout", "research");
  const miner = await startAgent("miner", "research");
  const clerk = await startAgent("clerk", "office");
  const working = () => Promise.all([scout, miner, clerk].map((agent) => agent.isWorking()));

  const one = await stop("--agent", "scout");
  expect(one.results.map((result: { agentId: string }) => result.agentId)).toEqual(["scout"]);
  expect(await working()).toEqual([false, true, true]);

  const pack = await stop("--pack", "research");
  expect(pack.results.map((result: { agentId: string }) => result.agentId).toSorted()).toEqual(["miner", "scout"]);
  expect(await working()).toEqual([false, false, true]);

  const everything = await stop("--global");
  expect(everything.results).toHaveLength(3);
  expect(await working()).toEqual([false, false, false]);

  const status = await home.firebreak(["status"]);
  expect(status).toMatchObject({ code: 0 });
  expect(status.out).toMatch(/No server answers[\s\S]*3 stop\(s\) in force[\s\S]*everything[\s\S]*clerk/);
  expect(JSON.parse((await home.firebreak(["status", "--json"])).out)).toMatchObject({ serverReachable: false });

  const held = await home.firebreak(["run", "--agent", "other", "--", "sh", "-c", "echo ran"]);
  expect(held).toMatchObject({ code: 75 });
  expect(held.out).not.toContain("ran");

  for (const receipt of [everything, pack, one]) {
    const resumed = await home.firebreak(["resume", receipt.hold.id, "--reason", "the drill is over"]);
    expect(resumed).toMatchObject({ code: 0 });
  }
  expect(await working()).toEqual([true, true, true]);

  const killed = await stop("--agent", "clerk", "--level", "kill");
  expect(killed.results).toHaveLength(1);
  expect(clerk.pids.map(isAlive)).toEqual([false, false]);
  expect((await clerk.running.ended).code).not.toBe(0);
  expect(miner.pids.map(isAlive)).toEqual([true, true]);
});

test("what is wrong on the command line stops nothing and says so", async () => {
  for (const [words, message] of [
    [["stop", "--reason", "drill"], "Say what to stop"],
    [["stop", "--global", "--agent", "a", "--reason", "drill"], "only one of"],
    [["stop", "--global"], "--reason TEXT is missing"],
    [["stop", "--agent", "no such/name", "--reason", "drill"], "cannot be the name"],
    [["stop", "--tool", "shell", "--level", "kill", "--reason", "drill"], "its only level is deny"],
    [["stop", "--global", "--level", "pause", "--reason", "drill"], "deny, freeze, kill"],
    [["run", "--", "true"], "--agent ID is missing"],
  ] as const) {
    const ended = await home.firebreak(words);
    expect(ended).toMatchObject({ code: 2, out: "" });
    expect(ended.error).toContain(message);
  }
  const unknown = await home.firebreak(["resume", `hld_${"0".repeat(26)}`, "--reason", "drill"]);
  expect(unknown).toMatchObject({ code: 5, out: "" });
  expect(JSON.parse((await home.firebreak(["status", "--json"])).out)).toMatchObject({ holds: [] });
});

test("commands that need the server say so and end with 3; doctor works", async () => {
  for (const words of [
    ["incident", "list"],
    ["events", "follow"],
    ["token", "link"],
  ]) {
    const ended = await home.firebreak(words);
    expect(ended).toMatchObject({ code: 3, out: "" });
    expect(ended.error).toContain("firebreak up");
  }
  expect(JSON.parse((await home.firebreak(["doctor", "--json"])).out).findings.length).toBeGreaterThan(5);
});

test("run passes output, exit code and signals through", async () => {
  const run = (...script: string[]) => home.firebreak(["run", "--agent", "a", "--", "sh", "-c", ...script]);
  expect(await run("echo out; echo err >&2; exit 7")).toMatchObject({
    code: 7,
    out: "out\n",
    error: expect.stringContaining("err\n"),
  });
  expect(await run('printf "%s|" "$@"', "sh", "--json", "a b", "--", "-h")).toMatchObject({
    code: 0,
    out: "--json|a b|--|-h|",
  });
  const gone = await home.firebreak(["run", "--agent", "a", "--", "/no/such/program"]);
  expect(gone.code).not.toBe(0);
  const trapping = home.start([
    "run",
    "--agent",
    "a",
    "--",
    "sh",
    "-c",
    'trap "echo caught; exit 9" TERM; echo ready; while :; do sleep 0.05; done',
  ]);
  await until("it is ready", () => trapping.out().includes("ready") || undefined);
  trapping.child.kill("SIGTERM");
  expect(await trapping.ended).toMatchObject({ code: 9, out: expect.stringContaining("caught") });
});

test("groups and no command at all teach", async () => {
  for (const group of ["incident", "evidence", "events", "token", "db"]) {
    const ended = await home.firebreak([group]);
    expect(ended).toMatchObject({ code: 2, out: "" });
    expect(ended.error).toContain(`firebreak ${group} COMMAND --help`);
  }
  const bare = await home.firebreak([]);
  expect(bare).toMatchObject({ code: 0, error: "" });
  expect(bare.out).toContain("First steps:");
  expect((await home.firebreak(["--version"])).out).toMatch(/^\d+\.\d+\.\d+/);
  expect(await home.firebreak(["stpo"])).toMatchObject({
    code: 2,
    error: expect.stringContaining("Did you mean: firebreak stop"),
  });
});

test("C-4: a block that would cut off the terminal it is typed in is refused before anything is asked", async () => {
  const variables = { SSH_CONNECTION: "203.0.113.8 50000 10.0.0.1 22" };
  const own = await home.firebreak(["block", "203.0.113.0/24", "--reason", "a drill"], { variables });
  expect(own).toMatchObject({ code: 1, error: expect.stringContaining("you are connected from 203.0.113.8") });
  const other = await home.firebreak(["block", "198.51.100.7", "--reason", "a drill"], { variables });
  expect(other).toMatchObject({ code: 3, error: expect.stringContaining("not running") });
});

test("C-5: skills are approved, compared, quarantined and restored without a server", async () => {
  const folder = path.join(home.dir, "of-the-agent");
  mkdirSync(path.join(folder, "weather"), { recursive: true });
  writeFileSync(path.join(folder, "weather/SKILL.md"), "rain");
  expect(await home.firebreak(["skills", "baseline", folder, "--reason", "read it"])).toMatchObject({ code: 0 });
  const words = ["skills", "quarantine", "weather", "--folder", folder, "--reason", "a drill", "--json"];
  const { id } = JSON.parse((await home.firebreak(words)).out);
  const gone = await home.firebreak(["skills", "compare", folder]);
  expect(gone).toMatchObject({ code: 1, out: expect.stringContaining("1 removed") });
  expect(await home.firebreak(["skills", "restore", id, "--reason", "a drill"])).toMatchObject({ code: 0 });
  expect(await home.firebreak(["skills", "compare", folder])).toMatchObject({ code: 0 });
});

test("C-2, C-8: a supervisor that is killed leaves nothing that runs on, and the rest is put right by a stop", async () => {
  const scout = await startAgent("scout", "research");
  expect(await scout.isWorking()).toBe(true);
  scout.running.child.kill("SIGKILL");
  await scout.running.ended;
  await until("it stands still by itself", async () => ((await scout.isWorking()) ? undefined : true));
  expect(scout.pids.every(isAlive)).toBe(true);
  await stop("--agent", "scout", "--level", "kill");
  expect(scout.pids.some(isAlive)).toBe(false);
});
