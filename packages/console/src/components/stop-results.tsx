import type { StopReceipt, StopResult } from "@firebreak/protocol";
import { formatLatency } from "../time.ts";
import { Inline, Notice } from "../ui/layout.tsx";
import { count, coverage, LEVEL_WORDS, STOP_WORDS } from "../words.ts";
import { LevelBadge, StateBadge } from "./bits.tsx";

function Remaining({ result }: { readonly result: StopResult }) {
  if (result.remaining.length === 0) return null;
  return (
    <ul className="remaining" aria-label={`What remains of ${result.agentId}`}>
      {result.remaining.map((process) => (
        <li key={`${process.pid}-${process.startTime}`}>
          <code>{process.pid}</code> <span className="wrap-anywhere">{process.command}</span>{" "}
          <span className="muted">state {process.state}</span>
        </li>
      ))}
    </ul>
  );
}

function Target({ result }: { readonly result: StopResult }) {
  return (
    <li className="target" data-state={result.state}>
      <div className="target-line">
        <StateBadge word={STOP_WORDS[result.state]} />
        <strong className="wrap-anywhere">{result.agentId}</strong>
        {result.elapsedMs !== null && <span className="number">{formatLatency(result.elapsedMs)}</span>}
        <LevelBadge level={result.level} />
      </div>
      <p className="target-proof">
        <span className="muted">Proof:</span> {result.proof || "none"} ·{" "}
        {count(result.processes, "process", "processes")} · <code className="wrap-anywhere">{result.sessionId}</code>
      </p>
      <Remaining result={result} />
    </li>
  );
}

/** The slowest proof of a receipt in milliseconds, or null when one is missing. */
export function slowestProofMs(receipt: StopReceipt): number | null {
  const times = receipt.results.map((result) => result.elapsedMs);
  return times.length === 0 || times.includes(null) ? null : Math.max(...times.map((time) => time ?? 0));
}

/** A deny leaves the processes running on purpose; it is in force when every gate has it. */
function isDenyInForce(receipt: StopReceipt): boolean {
  const held = receipt.results.every(({ state }) => state === "acknowledged" || state === "verified_stopped");
  return receipt.hold.level === "deny" && receipt.results.length > 0 && held;
}

function headline(receipt: StopReceipt): {
  readonly tone: "ok" | "danger" | "info";
  readonly title: string;
  readonly text: string;
} {
  const proved = receipt.results.filter((result) => result.state === "verified_stopped").length;
  const total = receipt.results.length;
  if (total === 0) {
    return {
      tone: "info",
      title: "The hold is in force; nothing was running under it",
      text: "Every new call it covers is refused until somebody resumes it.",
    };
  }
  const slowest = slowestProofMs(receipt);
  const took = slowest === null ? "" : ` The slowest took ${formatLatency(slowest)}.`;
  if (isDenyInForce(receipt) && !receipt.verified) {
    return {
      tone: "info",
      title: `New calls are denied for ${count(total, "session")}`,
      text: "A deny stops no process: what runs keeps running. Freeze and kill go further.",
    };
  }
  if (receipt.verified) {
    return {
      tone: "ok",
      title: `Stopped, verified: ${proved} of ${total}`,
      text: `There is positive proof for every target.${took}`,
    };
  }
  return {
    tone: "danger",
    title: `Not everything is proved stopped: ${proved} of ${total} verified`,
    text: "Treat the rest as running. Kill is the next level; on the agents' host, `firebreak stop` works without this server.",
  };
}

/** What a stop did: the whole, then every target with its state, its proof and what remains. */
export function StopResults({ receipt }: { readonly receipt: StopReceipt }) {
  const { tone, title, text } = headline(receipt);
  return (
    <div className="stop-results" role="group" aria-label="Result of the stop">
      <Notice tone={tone} title={title}>
        <p>
          <Inline text={text} />
        </p>
      </Notice>
      <p className="muted">
        {LEVEL_WORDS[receipt.hold.level].label} of {coverage(receipt.hold.scope, receipt.hold.target)}, epoch{" "}
        {receipt.hold.epoch}
        {receipt.serverReachable ? "" : ", made while the server was down"}
      </p>
      {receipt.results.length > 0 && (
        <ul className="targets">
          {receipt.results.map((result) => (
            <Target key={result.sessionId} result={result} />
          ))}
        </ul>
      )}
    </div>
  );
}
