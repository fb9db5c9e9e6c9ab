import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { until } from "../../../../../test/agents/process-trees.ts";
import type { Ward } from "../../../../../test/agents/ward.ts";
import { openWard } from "../../../../../test/agents/ward.ts";
import { createNewId, silentLogger, systemClock } from "../../kernel/index.ts";
import { openKillswitch } from "../../killswitch/index.ts";
import { liftHold } from "../index.ts";

const clock = systemClock;
const newId = createNewId(() => clock.now());
const ada = { kind: "person", id: "usr_ada", name: "Ada" } as const;
const bob = { kind: "person", id: "usr_bob", name: "Bob" } as const;
const freeze = { scope: "agent", target: "scout", level: "freeze", reason: "test", incidentId: null } as const;

let ward: Ward;
beforeEach(() => {
  ward = openWard({ user: "root" });
});
afterEach(() => ward.end());

test("C-1: two operators stop and resume at once: the journal's order decides, and the tree follows it", async () => {
  const agent = ward.run("echo up; while :; do sleep 0.01; done");
  await agent.says("up");
  const open = () => openKillswitch({ home: ward.home, clock, newId, logger: silentLogger });
  const [one, other] = [open(), open()];
  try {
    const stopAndResume = async (killswitch: typeof one, actor: typeof ada | typeof bob) => {
      for (let round = 0; round < 6; round++) {
        const hold = await killswitch.add({ ...freeze, actor });
        await killswitch.release(hold.id, { actor, reason: "fine" });
        await liftHold({ home: ward.home, clock, hold, holds: killswitch.current().holds });
      }
    };
    const last = await one.add({ ...freeze, actor: ada });
    await Promise.all([stopAndResume(one, ada), stopAndResume(other, bob)]);
    // everything but the first stop was released, by whom it may be
    await until("it stands still", () => agent.state() === "frozen");
    expect(other.current().holds.map((hold) => hold.id)).toEqual([last.id]);
    const [a, b] = await Promise.all([
      one.release(last.id, { actor: ada, reason: "fine" }),
      other.release(last.id, { actor: bob, reason: "fine" }),
    ]);
    expect([a.state, b.state].toSorted()).toEqual(["already_released", "released"]);
    await until("it runs", () => agent.state() === "running");
  } finally {
    one.close();
    other.close();
  }
});

test("C-1: whoever stops is killed between the journal and the processes: the supervisor stops its tree by itself", async () => {
  const agent = ward.run("echo up; while :; do sleep 0.01; done");
  await agent.says("up");
  const options = JSON.stringify({ home: ward.home, agent: "scout", level: "freeze" });
  const stopper = spawn(process.execPath, [join(ward.home, "apart.mjs"), "stop", options], { stdio: "ignore" });
  const journal = join(ward.home, "killswitch/journal.jsonl");
  const exited = once(stopper, "exit");
  await until("the stop is written", () => existsSync(journal) && readFileSync(journal, "utf8").includes('"hold"'));
  stopper.kill("SIGKILL");
  await exited;
  await until("it stands still", () => agent.state() === "frozen");
  expect(ward.killswitch().current().holds).toMatchObject([{ target: "scout", level: "freeze" }]);
});
