/** An agent that asks its gate once and is done, without closing it: `ask-gate-once URL TOKEN [KEY]`. */
import { createGate } from "../../packages/sdk/src/index.ts";

const [url = "", token = "", serverKey] = process.argv.slice(2);
const gate = createGate({ url, token, serverKey, agent: "scout" });
const decision = await gate.ready();
console.log(decision.allowed ? "allowed" : decision.reason);
