import type { Hold, StopResult } from "@firebreak/protocol";
import type { TreeState } from "./enforcement.ts";
import type { Session } from "./session.ts";
import { makeEvent } from "./telemetry.ts";

/** Tells the server what becomes of the agent. */
export function emit(
  session: Session,
  event: string,
  data: Record<string, string | number | boolean | null | string[]>,
): void {
  session.spool.push(makeEvent(session.maker, "lifecycle", { event, ...data }));
}

/** Tells the person at the terminal. */
export function say(session: Session, message: string): void {
  session.options.stdio.stderr.write(`firebreak: ${message}\n`);
}

export function reportChange(
  session: Session,
  state: TreeState,
  { holds, result }: { holds: readonly Hold[]; result: StopResult | null },
): void {
  const names = { running: "thawed", frozen: "frozen", killed: "killed" } as const;
  emit(session, names[state], {
    holds: holds.map((hold) => hold.id),
    state: result?.state ?? null,
    proof: result?.proof ?? null,
    elapsedMs: result?.elapsedMs ?? null,
  });
  if (state !== "killed") session.link?.reportState(state);
  const why = holds.map((hold) => `${hold.id} (${hold.reason})`).join(", ");
  say(session, `${session.entry.agentId} is ${names[state]}${why === "" ? "" : ` by ${why}`}`);
}
