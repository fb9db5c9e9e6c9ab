import type { Session } from "./session.ts";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** The agent has its own process group, so a terminal's Ctrl-C comes here first. */
export function forwardSignals(session: Session): () => void {
  const emitter = session.options.signals ?? process;
  let whileFrozen = 0;
  const listeners = FORWARDED.map((signal) => {
    const listener = () => {
      session.endAsked.abort();
      if (session.enforcement.state === "frozen" && ++whileFrozen === 1) {
        session.options.stdio.stderr.write("firebreak: the agent is frozen by a stop; the same again kills it\n");
      }
      forward(session, whileFrozen > 1 ? "SIGKILL" : signal);
    };
    emitter.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) emitter.off(signal, listener);
  };
}

function forward(session: Session, signal: NodeJS.Signals): void {
  const { root } = session.entry;
  if (root === null) return;
  try {
    process.kill(-root.pid, signal);
  } catch {
    // the group is gone; its exit is on the way
  }
}
