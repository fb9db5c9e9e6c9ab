import type { Clock, Logger } from "../kernel/index.ts";
import { messageOf } from "../kernel/index.ts";

/** Something done again and again. One pass never overlaps the next; a pass that fails is logged and tried again. */
export interface Daemon {
  readonly name: string;
  readonly everyMs: number;
  /** @param stopping aborted when this process stops: what takes long ends early */
  run(stopping: AbortSignal): Promise<unknown>;
}

export interface Daemons {
  start(): void;
  /** Waits for passes under way. */
  stop(): Promise<void>;
}

export function createDaemons(daemons: readonly Daemon[], surroundings: { clock: Clock; logger: Logger }): Daemons {
  const timers = new Set<NodeJS.Timeout>();
  const passes = new Set<Promise<void>>();
  const ending = new AbortController();

  const pass = async (daemon: Daemon) => {
    try {
      await daemon.run(ending.signal);
    } catch (fault) {
      surroundings.logger.error("a daemon failed and is tried again", {
        daemon: daemon.name,
        problem: messageOf(fault),
      });
    }
  };
  const passAndGoOn = async (daemon: Daemon, onDone: () => void) => {
    await pass(daemon);
    onDone();
    schedule(daemon, daemon.everyMs);
  };
  const schedule = (daemon: Daemon, delayMs: number) => {
    if (ending.signal.aborted) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const running = passAndGoOn(daemon, () => passes.delete(running));
      passes.add(running);
    }, delayMs);
    timers.add(timer);
  };
  return {
    start: () => {
      for (const daemon of daemons) schedule(daemon, 0);
    },
    stop: async () => {
      ending.abort();
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(passes);
    },
  };
}
