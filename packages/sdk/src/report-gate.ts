import { unref } from "./feed/platform.ts";
import type { Telemetry } from "./telemetry.ts";

/** What stands before the agent; the server knows the names in GATE_RUNTIMES of the protocol. */
export type ReportedRuntime = "sdk" | "openclaw" | "mcp" | "openai-agents" | "ai" | "langchain";

/** The server takes a gate for silent after three that did not come. */
const REPORT_EVERY_MS = 60_000;

/**
 * Says that a gate stands before this agent, at once and every minute until the gate is closed, so that people see who can
 * be stopped and who only tells.
 *
 * @returns what says it of one more runtime; of the same it is said once
 */
export function createReporter(
  telemetry: Pick<Telemetry, "emit" | "hasServer">,
  timers: Set<ReturnType<typeof setInterval>>,
): (runtime: ReportedRuntime, version?: string) => void {
  const reported = new Set<ReportedRuntime>();
  return (runtime, version) => {
    if (!telemetry.hasServer || reported.has(runtime)) return;
    reported.add(runtime);
    const data = { event_type: "gate", runtime, ...(version === undefined ? {} : { version }) };
    const say = () => telemetry.emit({ kind: "lifecycle", outcome: "success", data });
    say();
    const timer = setInterval(say, REPORT_EVERY_MS);
    unref(timer);
    timers.add(timer);
  };
}
