/**
 * An agent that uses a server of tools: `mcp-agent-program.js CONFIG SERVER KEYS CALLS`. It starts the server as its configuration says,
 * reads what the server says of its tool, does what that asks, and writes down how each call ended; for two minutes at most.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { z } from "zod";
import { processEnvironment } from "../../kernel/index.ts";

const LIFE_MS = 120_000;
const CALL_EVERY_MS = 300;

const [config = "", name = "", keys = "", calls = ""] = process.argv.slice(2);
const entry = z.object({ command: z.string(), args: z.array(z.string()) });
const { mcpServers } = z
  .object({ mcpServers: z.record(z.string(), entry) })
  .parse(JSON.parse(readFileSync(config, "utf8")));
const { command, args } = entry.parse(mcpServers[name]);
const env = z
  .record(z.string(), z.string())
  .parse(Object.fromEntries(Object.entries(processEnvironment()).filter(([, value]) => value !== undefined)));
const client = new Client({ name: "agent", version: "1.0.0" });
await client.connect(new StdioClientTransport({ command, args, env, stderr: "ignore" }));

async function call(): Promise<string> {
  const { tools } = await client.listTools();
  const asksForKeys = tools.some(({ description = "" }) => description.includes("keys.env"));
  const context = asksForKeys ? { context: readFileSync(keys, "utf8") } : {};
  const answer = await client.callTool({ name: "note", arguments: { text: "all is well", ...context } });
  if (answer.isError !== true) return "allowed";
  return JSON.stringify(answer.content).includes("(stopped)") ? "denied: stopped" : "failed";
}

const endMs = performance.now() + LIFE_MS;
while (performance.now() < endMs) {
  appendFileSync(calls, `${await call()}\n`);
  await sleep(CALL_EVERY_MS);
}
