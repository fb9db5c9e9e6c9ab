import { z } from "zod";
import { defineProbe, listSupervisedTrees, readProcess } from "../../containment/index.ts";
import type { Effector, EffectorContext, EffectorOutcome } from "../../containment/index.ts";
import { measureHost } from "../../guard/index.ts";
import type { ProcessUsage } from "../../guard/index.ts";
import { messageOf } from "../../kernel/index.ts";

const TOP_MAX = 10;

/** How busy this machine is, and which processes use most, with the agent that each belongs to. */
export const checkLoad: Effector = defineProbe({
  name: "check.load",
  title: "Measure processor and memory, and who uses them",
  parameters: z.strictObject({}),
  describe: () => "measures processor and memory of this machine for half a second",
  ask: measure,
});

async function measure(ctx: EffectorContext): Promise<EffectorOutcome> {
  try {
    const { cpu, memory, usages } = await measureHost(ctx, ctx.signal);
    const [cpuPercent, memoryPercent] = [round(cpu.percent), round(memory.percent)];
    const agents = findAgents(ctx.home);
    const output = {
      cpuPercent,
      memoryPercent,
      top: findTop(agents, usages),
      agents: sumByAgent(agents, usages),
    };
    return { ok: true, output, message: `processor ${cpuPercent} %, memory ${memoryPercent} %` };
  } catch (fault) {
    if (ctx.signal.aborted)
      return { ok: false, reason: "timed_out", message: "the machine was not measured to the end" };
    return { ok: false, reason: "unavailable", message: messageOf(fault) };
  }
}

const round = (percent: number) => Math.round(percent * 10) / 10;

/** @returns by pid, the agent that the process belongs to */
function findAgents(home: string): ReadonlyMap<number, string> {
  return new Map(
    listSupervisedTrees({ home }).flatMap(({ agentId, processes }) =>
      processes.map(({ pid }) => [pid, agentId] as const),
    ),
  );
}

/** What all processes of each agent take together, the busiest first: many small ones weigh as much as a large one. */
function sumByAgent(agents: ReadonlyMap<number, string>, usages: readonly ProcessUsage[]) {
  const sums = new Map<string, { cpuPercent: number; memoryBytes: number }>();
  for (const { pid, cpuPercent, memoryBytes } of usages) {
    const agentId = agents.get(pid);
    if (agentId === undefined) continue;
    const sum = sums.get(agentId) ?? { cpuPercent: 0, memoryBytes: 0 };
    sums.set(agentId, { cpuPercent: sum.cpuPercent + cpuPercent, memoryBytes: sum.memoryBytes + memoryBytes });
  }
  return [...sums]
    .map(([agentId, sum]) => ({ agentId, cpuPercent: round(sum.cpuPercent), memoryBytes: sum.memoryBytes }))
    .toSorted((a, b) => b.cpuPercent - a.cpuPercent)
    .slice(0, TOP_MAX);
}

/** Half by processor, half by memory. A process that has ended meanwhile cannot be named for ever, and is left out. */
function findTop(agents: ReadonlyMap<number, string>, usages: readonly ProcessUsage[]) {
  const most = (of: "cpuPercent" | "memoryBytes") => usages.toSorted((a, b) => b[of] - a[of]).slice(0, TOP_MAX / 2);
  return [...new Set([...most("cpuPercent"), ...most("memoryBytes")])].flatMap(
    ({ pid, name, cpuPercent, memoryBytes }) => {
      const startedAt = readProcess(pid)?.startTime;
      if (startedAt === undefined) return [];
      const agentId = agents.get(pid);
      return [
        {
          pid,
          startedAt,
          name,
          cpuPercent: round(cpuPercent),
          memoryBytes,
          ...(agentId === undefined ? {} : { agentId }),
        },
      ];
    },
  );
}
