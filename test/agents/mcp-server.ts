import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { z } from "zod";

/**
 * A real MCP server with two tools: `note` writes a line into the file, `wait` writes one when it begins and one when it
 * is cancelled, and answers only then.
 *
 * @param file where both write
 */
function createNotes(file: string): McpServer {
  const server = new McpServer({ name: "notes", version: "1" });
  const write = (text: string) => appendFileSync(file, `${text}\n`);
  const answer = (text: string) => ({ content: [{ type: "text" as const, text }] });
  server.registerTool("note", { description: "writes", inputSchema: { text: z.string() } }, ({ text }) => {
    write(text);
    return answer("written");
  });
  server.registerTool("wait", { description: "waits", inputSchema: {} }, (_, { signal }) => {
    write("waits");
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        write("cancelled");
        resolve(answer("cancelled"));
      });
    });
  });
  return server;
}

/** @param json answers as JSON instead of a stream of events */
export async function serveNotesOverHttp(file: string, json: boolean) {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const server = createServer((request, response) => {
    void (async () => {
      const id = request.headers["mcp-session-id"];
      let transport = typeof id === "string" ? transports.get(id) : undefined;
      if (transport === undefined) {
        const made = new StreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          enableJsonResponse: json,
          onsessioninitialized: (session) => void transports.set(session, made),
        });
        transport = made;
        await createNotes(file).connect(made);
      }
      await transport.handleRequest(request, response);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    close: async () => {
      for (const transport of transports.values()) await transport.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  await createNotes(process.argv[2] ?? "notes").connect(new StdioServerTransport());
}
