import { readFileSync, readdirSync } from "node:fs";

/** @returns the pids of living processes that belong to agents of this home, their supervisors not counted */
export function findAgentProcesses(home: string): number[] {
  const marker = `FIREBREAK_KILLSWITCH=${home}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter(
      (pid) => read(`/proc/${pid}/environ`).includes(marker) && !/^State:\s+[ZX]/m.test(read(`/proc/${pid}/status`)),
    )
    .map(Number);
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
