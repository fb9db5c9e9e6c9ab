import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, ensurePrivateDir, writeFileAtomic } from "../../../kernel/index.ts";

const HOUR_MS = 3_600_000;
const LOOP_MS = 600_000;
const LOOP_STARTS = 3;
const KEPT_MAX = 100;

const history = z.object({
  /** when it was started or restarted, by Firebreak or its manager, milliseconds since 1970 */
  starts: z.array(z.number()).max(KEPT_MAX).default([]),
  /** its manager's count when it was last looked at */
  restarts: z.number().nullable().default(null),
});
type History = z.output<typeof history>;

/** How often a service was started lately, as a file of the home: a restart of Firebreak forgets no crash loop. */
export interface ServiceHistory {
  /** Takes in what its manager counted since the last look. */
  noteCount(restarts: number | null, nowMs: number): void;
  /** Before it is started by Firebreak. */
  noteStart(nowMs: number): void;
  startsInHour(nowMs: number): number;
  /** @returns why it is not to be started again now, or null */
  findLoop(nowMs: number): string | null;
}

export function openServiceHistory(home: string, name: string): ServiceHistory {
  const dir = join(home, "services");
  const file = join(dir, `${name}.json`);
  const read = (): History => {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (fault) {
      if (codeOf(fault) === "ENOENT") return history.parse({});
      throw fault;
    }
    return history.parse(JSON.parse(text));
  };
  const write = (value: History) => {
    ensurePrivateDir(dir);
    writeFileAtomic(file, JSON.stringify({ ...value, starts: value.starts.slice(-KEPT_MAX) }), { durable: true });
  };
  const since = (ms: number, nowMs: number) => read().starts.filter((at) => at > nowMs - ms && at <= nowMs).length;
  return {
    noteCount: (restarts, nowMs) => {
      const known = read();
      if (restarts === null || restarts === known.restarts) return;
      // a smaller count began anew: the machine or the container did
      const more = known.restarts === null || restarts < known.restarts ? 0 : restarts - known.restarts;
      const starts = [...known.starts, ...Array.from({ length: Math.min(more, KEPT_MAX) }, () => nowMs)];
      write({ starts, restarts });
    },
    noteStart: (nowMs) => {
      const known = read();
      write({ ...known, starts: [...known.starts, nowMs] });
    },
    startsInHour: (nowMs) => since(HOUR_MS, nowMs),
    findLoop: (nowMs) => {
      const starts = since(LOOP_MS, nowMs);
      if (starts < LOOP_STARTS) return null;
      return `it was started ${starts} times in the last ${LOOP_MS / 60_000} minutes: a crash loop is not mended by one more; look at its logs`;
    },
  };
}
