import { SEVERITY_NAMES } from "@firebreak/protocol";
import type { ClockView, Severity, StopReceipt, StopState } from "@firebreak/protocol";
import { EXIT } from "./command.ts";
import { printable } from "./output.ts";
import type { Output } from "./output.ts";

/** The profile's label and the canonical name: `SEV-1 (critical)`. */
export function severityText(label: string, severity: Severity): string {
  return `${label} (${SEVERITY_NAMES[severity]})`;
}

/** A duration for people: `850 ms`, `4.2 s`, `12 min`, `3 h`, `2 d`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

export function clockText(clock: ClockView, nowMs: number): string {
  const due = Date.parse(clock.dueAt);
  if (clock.stoppedAt !== null) return `${clock.kind}: ${clock.breached ? "missed" : "met"}`;
  return due >= nowMs
    ? `${clock.kind}: ${durationText(due - nowMs)} left`
    : `${clock.kind}: breached ${durationText(nowMs - due)} ago`;
}

const STOP_WORDS: Readonly<Record<StopState, string>> = {
  requested: "requested",
  acknowledged: "acknowledged, not verified",
  verified_stopped: "stopped, verified",
  unverified: "NOT VERIFIED",
  failed: "FAILED",
  unreachable: "UNREACHABLE",
};

/** Prints a receipt; the exit code says whether every target is verified. */
export function printReceipt(output: Output, receipt: StopReceipt): number {
  const { style } = output;
  output.result(receipt);
  const target = receipt.hold.target === null ? "everything" : `${receipt.hold.scope} ${receipt.hold.target}`;
  if (!receipt.serverReachable) {
    output.line(style.yellow("The server is down: the stop was made by this command alone, through the journal."));
  }
  output.line(
    `${style.bold("Hold")} ${receipt.hold.id} (${receipt.hold.level}) on ${target}: ${printable(receipt.hold.reason)}`,
  );
  if (receipt.results.length === 0) output.line("No supervised agent is running under this hold; none can start.");
  else {
    output.table(
      ["AGENT", "SESSION", "RESULT", "AFTER", "PROCESSES", "PROOF"],
      receipt.results.map((result) => [
        result.agentId,
        result.sessionId,
        result.state === "verified_stopped"
          ? style.green(STOP_WORDS[result.state])
          : style.red(STOP_WORDS[result.state]),
        result.elapsedMs === null ? "-" : durationText(result.elapsedMs),
        String(result.processes),
        printable(result.proof),
      ]),
    );
  }
  for (const result of receipt.results) {
    for (const left of result.remaining) {
      output.line(style.red(`  still running: pid ${left.pid} ${printable(left.command)} (${left.state})`));
    }
  }
  output.line(style.dim(`Resume with: firebreak resume ${receipt.hold.id} --reason TEXT`));
  return receipt.verified ? EXIT.ok : EXIT.stopUnverified;
}
