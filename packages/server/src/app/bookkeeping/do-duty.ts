import { growTree } from "../../audit/index.ts";
import type { LogKey } from "../../audit/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { Database } from "../../storage/index.ts";
import { indexEvents } from "../../telemetry/index.ts";
import type { Duty } from "./messages.ts";

export interface DutyContext {
  readonly database: Database;
  readonly clock: Clock;
  readonly logKey: LogKey;
}

/** Does a part of it, of bounded size. @returns whether more may be left */
export async function doDuty(duty: Duty, ctx: DutyContext): Promise<boolean> {
  switch (duty) {
    case "log":
      return (await growTree(ctx)).mayBeMore;
    case "index": {
      const { events, blocks } = await indexEvents(ctx);
      return events + blocks > 0;
    }
    default:
      return duty satisfies never;
  }
}
