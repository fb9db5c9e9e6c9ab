import { createNewId, silentLogger, systemClock } from "../packages/server/dist/kernel/index.js";
import { openKillswitch } from "../packages/server/dist/killswitch/index.js";
import { createGate } from "../packages/sdk/dist/index.js";
import { makeTempDir, removeDir } from "./lib/firebreak.mjs";

const WARM_UP = 200;
const SAMPLES = 5_000;
const CHECKS_PER_SAMPLE = 200;
const HOLDS = 100;

/** `gate.check` in an agent: on the state of a real kill switch, without holds, and with a hundred on others. */
export async function run() {
  const home = makeTempDir();
  const newId = createNewId(() => systemClock.now());
  const killswitch = openKillswitch({ home, clock: systemClock, newId, logger: silentLogger });
  const gate = createGate({ killswitchDir: killswitch.dir, agent: "scout", pack: "research" });
  try {
    const values = measure(gate);
    const actor = { kind: "cli", id: "bench", name: "bench" };
    for (let i = 0; i < HOLDS; i++) {
      const target = `other-${i}`;
      await killswitch.add({ scope: "agent", target, level: "deny", reason: "benchmark", actor, incidentId: null });
    }
    return [
      { what: "gate check in the SDK, no holds", unit: "µs", values, budget: { max: 1 } },
      { what: `the same with ${HOLDS} holds on other agents`, unit: "µs", values: measure(gate), budget: { max: 10 } },
    ];
  } finally {
    await gate.close();
    killswitch.close();
    removeDir(home);
  }
}

/** @returns microseconds of one check, each the mean of a batch: one alone is shorter than the clock can tell */
function measure(gate) {
  const values = [];
  for (let sample = -WARM_UP; sample < SAMPLES; sample++) {
    const startedMs = performance.now();
    for (let i = 0; i < CHECKS_PER_SAMPLE; i++) {
      if (!gate.check({ tool: "shell" }).allowed) throw new Error("the gate denied what nothing forbids");
    }
    if (sample >= 0) values.push(((performance.now() - startedMs) * 1000) / CHECKS_PER_SAMPLE);
  }
  return values;
}
