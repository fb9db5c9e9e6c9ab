import path from "node:path";

/** Where the gates for MCP of a home keep what tools were when they were approved. */
export function toolPinsDir(home: string): string {
  return path.join(home, "gates", "mcp-tools");
}
