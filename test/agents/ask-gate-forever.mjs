// An agent that asks its gate again and again, as `firebreak run` started it, and prints each decision on a line.
import { createGate, gateOptionsFrom } from "../../packages/sdk/dist/index.js";

const gate = createGate(gateOptionsFrom(process.env));
await gate.ready();
setInterval(() => {
  const decision = gate.check();
  process.stdout.write(`${decision.allowed ? "allowed" : decision.denial}\n`);
}, 20);
