import { createManualClock, DEFAULT_GUARD, silentLogger } from "../kernel/index.ts";
import { expect, test } from "vitest";
import type { Signal } from "../alerts/index.ts";
import type { SupervisedTree } from "../containment/index.ts";
import { createGuard } from "./guard.ts";
import type { GateThrottle, GuardOptions } from "./guard.ts";
import type { HostCounters } from "./host-counters.ts";

const GB = 1024 ** 3;
const TREE: SupervisedTree = {
  sessionId: "ses_1",
  agentId: "scout",
  pack: "research",
  processes: [{ pid: 4242, startTime: "1", command: "node", state: "R" }],
  isFrozen: false,
};

const OTHER: SupervisedTree = {
  sessionId: "ses_2",
  agentId: "writer",
  pack: "content",
  processes: [{ pid: 4243, startTime: "1", command: "python", state: "R" }],
  isFrozen: false,
};

interface Load {
  cpu: number;
  memory: number;
  diskFreeGb: number;
}

/** A guard over a machine that does as it is told. */
function createTestGuard(overrides: Partial<GuardOptions> = {}) {
  const clock = createManualClock(Date.UTC(2026, 10, 20, 12));
  const load: Load = { cpu: 10, memory: 20, diskFreeGb: 100 };
  const told: Signal[] = [];
  const throttles: (GateThrottle | null)[] = [];
  const stopped: string[] = [];
  const frozen = new Set<string>();
  let [busyMs, totalMs] = [0, 0];
  const readCounters = async (): Promise<HostCounters> => {
    totalMs += 10_000;
    busyMs += load.cpu * 100;
    return {
      cpu: { busyMs, totalMs, cores: 2 },
      memory: { usedBytes: load.memory, totalBytes: 100 },
      disk: { usedPercent: 30, freeBytes: load.diskFreeGb * GB },
      groups: [],
    };
  };
  const guard = createGuard({
    isOn: true,
    host: "box",
    cores: 2,
    memoryBytes: 8 * GB,
    settings: DEFAULT_GUARD,
    clock,
    logger: silentLogger,
    readCounters,
    meter: {
      look: async () => [
        { pid: 1, name: "init", cpuPercent: 0, memoryBytes: 1 },
        { pid: 4242, name: "node", cpuPercent: 180, memoryBytes: 50 },
        { pid: 4243, name: "python", cpuPercent: 30, memoryBytes: 20 },
      ],
    },
    listTrees: () => [TREE, OTHER].map((tree) => ({ ...tree, isFrozen: frozen.has(tree.sessionId) })),
    readCommandLine: (pid) => `node agent.js --db-password hunter2 secret-${pid}`,
    maskText: (text) => text.replaceAll(/secret-\d+/g, "‹redacted›"),
    tell: async (signals) => void told.push(...signals),
    setThrottle: (throttle) => void throttles.push(throttle),
    stop: async ({ tree, effector }) => {
      stopped.push(`${effector} ${tree.sessionId} at ${clock.monotonicMs() / 1000} s`);
      frozen.add(tree.sessionId);
      return "applied";
    },
    ...overrides,
  });
  const pass = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await guard.pass();
      clock.advance(5_000);
    }
  };
  return { guard, load, told, throttles, stopped, clock, pass };
}

const said = (signals: readonly Signal[]) => signals.map(({ action, key }) => `${action} ${key}`);

test("D-2: CPU above 95 % for 30 s is an emergency that is told once, with who uses most and no secret", async () => {
  const { guard, load, told, pass } = createTestGuard();
  load.cpu = 99;
  await pass(7);
  expect(guard.status().level).toBe("normal");
  await pass(20);
  expect(said(told).filter((one) => one.startsWith("trigger"))).toEqual([
    "trigger box/load/warn",
    "trigger box/load/critical",
    "trigger box/load/emergency",
  ]);
  const emergency = told.find((signal) => signal.key === "box/load/emergency");
  expect(emergency).toMatchObject({ severity: 2, groupKey: "resource-guard:box:load" });
  expect(emergency?.text).toContain("CPU 99 % (tier 95 %)");
  expect(emergency?.text).toContain("node (pid 4242, agent scout) 180 %");
  const { top } = guard.status();
  expect(top.cpu[0]).toMatchObject({
    pid: 4242,
    agentId: "scout",
    commandLine: "node agent.js --db-password [hidden] ‹redacted›",
  });
  expect(JSON.stringify([told, top])).not.toContain("secret-");
});

test("D-2: memory above 92 % is an emergency after 10 s; the alerts are resolved once it is well below for 30 s", async () => {
  const { guard, load, told, pass } = createTestGuard();
  load.memory = 95;
  await pass(4);
  expect(guard.status()).toMatchObject({ level: "emergency", state: "watching" });
  load.memory = 88; // below the tier, not below the hysteresis
  await pass(12);
  expect(guard.status().level).toBe("emergency");
  load.memory = 30;
  await pass(8);
  expect(guard.status().level).toBe("normal");
  expect(said(told).filter((one) => one.startsWith("resolve box/load"))).toEqual([
    "resolve box/load/warn",
    "resolve box/load/critical",
    "resolve box/load/emergency",
  ]);
});

test("D-2: less than 5 GB free is critical, never an emergency", async () => {
  const { guard, load, told, pass } = createTestGuard();
  load.diskFreeGb = 0.1;
  await pass(10);
  expect(guard.status().level).toBe("critical");
  expect(said(told)).toEqual(expect.arrayContaining(["trigger box/disk/warn", "trigger box/disk/critical"]));
  expect(told.find((signal) => signal.key === "box/disk/critical")?.severity).toBe(2);
});

test("D-2: after a start, alerts of before are resolved only when their level had the time to come again", async () => {
  const { told, pass } = createTestGuard();
  await pass(6);
  expect(told).toEqual([]);
  await pass(3);
  expect(said(told)).toContain("resolve box/load/emergency");
  const known = told.length;
  await pass(20);
  expect(told).toHaveLength(known);
});

test("D-2: what could not be told is told with the next sample", async () => {
  const told: Signal[] = [];
  let isAway = true;
  const tell = async (signals: readonly Signal[]) => {
    if (isAway) throw new Error("the database is away");
    told.push(...signals);
  };
  const { load, guard, clock, pass } = createTestGuard({ tell });
  load.memory = 95;
  await pass(3);
  await expect(guard.pass()).rejects.toThrow("the database is away");
  isAway = false;
  clock.advance(5_000);
  await guard.pass();
  expect(said(told)).toContain("trigger box/load/emergency");
});

test("D-2: a guard that cannot read the machine says so, and a guard that is off reads nothing", async () => {
  const readCounters = async () => {
    throw new Error("/proc/stat does not tell the processor's times");
  };
  const blind = createTestGuard({ readCounters });
  await blind.pass(2);
  expect(blind.guard.status()).toMatchObject({ state: "blind", problem: expect.stringContaining("/proc/stat") });
  const off = createTestGuard({ isOn: false, readCounters });
  await off.pass(2);
  expect(off.guard.status().state).toBe("off");
});

test("D-2: the newest 60 samples are kept, and the trend says where they go", async () => {
  const { guard, load, clock } = createTestGuard();
  for (let i = 0; i < 90; i++) {
    load.memory = Math.min(60, i);
    load.cpu = 10;
    await guard.pass();
    clock.advance(5_000);
  }
  const { history, measures } = guard.status();
  expect(history).toHaveLength(60);
  expect(measures.map(({ name, trend }) => `${name} ${trend}`)).toEqual(["cpu steady", "memory steady", "disk steady"]);
  load.memory = 74;
  for (let i = 0; i < 5; i++) {
    await guard.pass();
    clock.advance(5_000);
  }
  expect(guard.status().measures[1]?.trend).toBe("rising");
});

test("D-2: sleep is no load: what lay between two samples far apart is left out", async () => {
  const { guard, load, clock, pass } = createTestGuard();
  load.cpu = 99;
  await pass(3);
  clock.advance(3_600_000);
  await pass(2);
  expect(guard.status().level).toBe("normal");
});

test("D-2: gates are asked to slow down by the runbook's numbers, as long as the level lasts", async () => {
  const { load, throttles, pass } = createTestGuard();
  await pass(3);
  for (const memory of [80, 88, 95]) {
    load.memory = memory;
    await pass(4);
  }
  load.memory = 10;
  await pass(8);
  const asked = throttles.map((one) => (one === null ? "none" : `${one.level} ${one.maxConcurrent} ${one.delayMs}`));
  expect([...new Set(asked)]).toEqual(["none", "warn 200 500", "critical 50 2000", "emergency 0 5000"]);
  expect(throttles.at(-1)).toBeNull();
  expect(throttles.find((one) => one?.level === "emergency")?.reason).toBe("memory of box at level emergency");
});

test("D-2: in an emergency new work is refused first, then one session at a time is stopped, the biggest first", async () => {
  const { load, stopped, throttles, guard, pass } = createTestGuard();
  load.cpu = 99;
  await pass(8); // the first gives nothing to compare, then 30 s to rise
  expect(throttles.at(-1)).toMatchObject({ maxConcurrent: 0 });
  expect(stopped).toEqual([]);
  await pass(10);
  expect(stopped).toEqual(["agent.freeze ses_1 at 45 s", "agent.freeze ses_2 at 55 s"]);
  expect(guard.status().stops).toMatchObject([{ agentId: "scout", state: "applied" }, { agentId: "writer" }]);
});

test("D-2: when the first stop was enough, the next is not made", async () => {
  const { load, stopped, pass } = createTestGuard();
  load.cpu = 99;
  await pass(10);
  load.cpu = 40;
  await pass(20);
  expect(stopped).toHaveLength(1);
});

test("D-2: the lowest priority goes first, whoever may never be stopped is not, and who uses little neither", async () => {
  const settings = {
    ...DEFAULT_GUARD,
    priorities: [
      { pack: "content", priority: 10 },
      { agent: "scout", priority: 90 },
    ],
  };
  const ordered = createTestGuard({ settings });
  ordered.load.cpu = 99;
  await ordered.pass(30);
  expect(ordered.stopped.map((one) => one.split(" at")[0])).toEqual(["agent.freeze ses_2", "agent.freeze ses_1"]);
  const sparing = createTestGuard({
    settings: {
      ...DEFAULT_GUARD,
      stops: { ...DEFAULT_GUARD.stops, worthPercent: 20 },
      priorities: [{ agent: "scout", priority: "never" }],
    },
  });
  sparing.load.cpu = 99;
  await sparing.pass(30);
  expect(sparing.stopped).toEqual([]);
});

test("D-2: memory that frozen sessions keep: once all stand still, a kill of the biggest is put forward", async () => {
  const { load, stopped, pass } = createTestGuard();
  load.memory = 95;
  await pass(30);
  expect(stopped.map((one) => one.split(" at")[0])).toEqual([
    "agent.freeze ses_1",
    "agent.freeze ses_2",
    "agent.kill ses_1",
    "agent.kill ses_2",
  ]);
});

test("D-2: a stop that cannot be decided yet is tried with the next sample, and an alert that fails keeps no stop back", async () => {
  const asked: string[] = [];
  const stop = async ({ tree }: { tree: SupervisedTree }) => {
    asked.push(tree.sessionId);
    return asked.length < 3 ? null : "applied";
  };
  const tell = async () => {
    throw new Error("the database is away");
  };
  const { load, guard, clock } = createTestGuard({ stop, tell });
  load.memory = 95;
  for (let i = 0; i < 9; i++) {
    await guard.pass().catch(() => {});
    clock.advance(5_000);
  }
  expect(asked).toEqual(["ses_1", "ses_1", "ses_1", "ses_1"].slice(0, asked.length));
  expect(asked.length).toBeGreaterThanOrEqual(3);
});
