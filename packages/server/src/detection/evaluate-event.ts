import type { AgentEvent } from "@firebreak/protocol";
import type { Engine, Match } from "@firebreak/sigma";
import { messageOf } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";
import { presentEvent } from "./present-event.ts";

/** @returns the matches of one event; a fault of ours costs this event its judgement, never the ones behind it */
export function evaluateEvent(engine: Engine, event: AgentEvent, logger: Logger): Match[] {
  try {
    const meta = { id: event.id, time: Date.parse(event.time), receivedTime: Date.parse(event.receivedTime) };
    return engine.evaluate(presentEvent(event), meta);
  } catch (error) {
    logger.error("an event could not be judged", { seq: event.seq, problem: messageOf(error) });
    return [];
  }
}
