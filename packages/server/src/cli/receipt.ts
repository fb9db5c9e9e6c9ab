import type { StopReceipt, StopState } from "@firebreak/protocol";
import { EXIT } from "./exit-codes.ts";
import { durationText, timeText } from "./format.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";

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
  output.result(receipt);
  printStop(output, receipt);
  const { style } = output;
  output.line(style.dim(`Resume with: firebreak resume ${receipt.hold.id} --reason TEXT`));
  output.line(style.dim(`Signed receipt: firebreak receipt show ${receipt.stopId}`));
  return receipt.verified ? EXIT.ok : EXIT.stopUnverified;
}

/** What the stop did, target by target. */
export function printStop(output: Output, receipt: StopReceipt): void {
  const { style } = output;
  const target = receipt.hold.target === null ? "everything" : `${receipt.hold.scope} ${receipt.hold.target}`;
  if (!receipt.serverReachable) {
    output.line(style.yellow("The server is down: the stop was made by this command alone, through the journal."));
  }
  output.line(
    `${style.bold("Hold")} ${receipt.hold.id} (${receipt.hold.level}) on ${target}: ${printable(receipt.hold.reason)}`,
  );
  if (receipt.hold.scope === "tool") {
    output.line("Gates deny this tool from now on. Where no gate asks, nothing stops it: stop the agent there.");
  } else if (receipt.results.length === 0) {
    output.line("No supervised agent is running under this hold; none can start.");
  } else {
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
  if (receipt.escalation !== undefined) {
    const { askAt, forceAt } = receipt.escalation;
    output.line(
      `What runs may finish its step: it is asked to end at ${timeText(askAt)} UTC, and killed at ${timeText(forceAt)}.`,
    );
  }
  for (const result of receipt.results) {
    for (const left of result.remaining) {
      output.line(style.red(`  still running: pid ${left.pid} ${printable(left.command)} (${left.state})`));
    }
  }
}
