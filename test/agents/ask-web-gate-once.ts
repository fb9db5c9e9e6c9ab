/** As `ask-gate-once`, by the web entry, whose gate has to be closed: `ask-web-gate-once URL TOKEN KEY`. */
import { createGate } from "../../packages/sdk/src/web.ts";

const [url = "", token = "", serverKey] = process.argv.slice(2);
const gate = createGate({ url, token, serverKey, agent: "scout" });
const decision = await gate.ready();
console.log(decision.allowed ? "allowed" : decision.reason);
await gate.close(0);
