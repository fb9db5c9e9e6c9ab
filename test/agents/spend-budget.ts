import { createGate } from "../../packages/sdk/src/index.ts";

/** Spends a budget until it is used up and prints how often it was let through. Arguments: kill switch, agent, KILL to die. */
const [killswitchDir, agent = "", ending] = process.argv.slice(2);
const gate = createGate({ killswitchDir, agent });
let allowed = 0;
for (;;) {
  const begun = gate.begin({ tool: "spend" });
  if (!begun.allowed) break;
  begun.end();
  allowed += 1;
  if (ending === "KILL" && allowed === 40) {
    process.stdout.write(`${allowed}\n`, () => process.kill(process.pid, "SIGKILL"));
    await new Promise(() => {});
  }
}
await gate.close();
process.stdout.write(`${allowed}\n`);
