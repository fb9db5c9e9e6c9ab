// Agents of a fleet: opens a gate of the SDK for each token that the benchmark sends, and says when each decision changed.
// Times are those of the machine's monotonic clock, which all processes share.
import { createGate } from "../packages/sdk/dist/index.js";

const gates = [];
const changes = [];

const now = () => Number(process.hrtime.bigint()) / 1e6;

process.on("message", ({ kind, url, serverKey, agents }) => {
  if (kind === "open") for (const agent of agents) open(agent, url, serverKey);
  // a decision that nothing announced would be a gate that lets through in silence
  if (kind === "count") {
    const allowed = gates.filter(({ gate }) => gate.check().allowed).length;
    process.send({ kind: "count", allowed, reasons: reasonsOf() });
  }
  if (kind === "end") process.exit(0);
});

function open({ id, token }, url, serverKey) {
  const gate = createGate({ url, token, serverKey, agent: id, pack: "fleet" });
  gates.push({ id, gate });
  gate.onChange((decision) => {
    const { allowed, denial } = decision;
    tell({ id, allowed, denial, atMs: now() });
  });
}

/** Together, after every gate had its turn: telling costs more than deciding. */
function tell(change) {
  if (changes.length === 0) setTimeout(() => process.send({ kind: "changed", changes: changes.splice(0) }), 5);
  changes.push(change);
}

function reasonsOf() {
  const reasons = {};
  for (const { gate } of gates) {
    const decision = gate.check();
    const word = decision.allowed ? "allowed" : decision.denial;
    reasons[word] = (reasons[word] ?? 0) + 1;
  }
  return reasons;
}
