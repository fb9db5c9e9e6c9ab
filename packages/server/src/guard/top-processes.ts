import type { GuardProcess } from "@firebreak/protocol";
import type { SupervisedTree } from "../containment/index.ts";
import type { ProcessUsage } from "./process-meter.ts";

const TOP_MAX = 5;
const COMMAND_LINE_MAX = 300;

/** Values of options whose name says secret, whatever they look like: `--api-key=…`, `--password …`. */
const SECRET_OPTION = /(--?[\w-]{0,40}(?:key|secret|token|passw|credential|auth)[\w-]{0,40}[= ])\S+/gi;

function hideValues(commandLine: string): string {
  return commandLine.replace(SECRET_OPTION, "$1[hidden]");
}

export interface TopOptions {
  readonly usages: readonly ProcessUsage[];
  readonly trees: readonly SupervisedTree[];
  readonly readCommandLine: (pid: number) => string;
  /** takes secrets and personal data out */
  readonly maskText: (text: string) => string;
}

/** Who uses most, by processor and by memory; with the agent whose tree a process belongs to. */
export function findTop(options: TopOptions): { cpu: GuardProcess[]; memory: GuardProcess[] } {
  const owners = new Map(options.trees.flatMap((tree) => tree.processes.map(({ pid }) => [pid, tree] as const)));
  const most = (of: "cpuPercent" | "memoryBytes") =>
    options.usages
      .toSorted((a, b) => b[of] - a[of])
      .slice(0, TOP_MAX)
      .map((usage) => {
        const owner = owners.get(usage.pid);
        const commandLine = options.maskText(hideValues(options.readCommandLine(usage.pid))).slice(0, COMMAND_LINE_MAX);
        return { ...usage, commandLine, agentId: owner?.agentId ?? null, sessionId: owner?.sessionId ?? null };
      });
  return { cpu: most("cpuPercent"), memory: most("memoryBytes") };
}
