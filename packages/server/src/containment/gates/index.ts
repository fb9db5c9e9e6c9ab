export { breakGlass, brokenGlass } from "./break-glass.ts";
export { installClaudeCodeGate, installedCommand, removeClaudeCodeGate } from "./claude-code.ts";
export type { GatePlace } from "./claude-code.ts";
export { testClaudeCodeGate } from "./self-test.ts";
export type { GateCheck } from "./self-test.ts";
export { gateMcpServers, listMcpServers, ungateMcpServers } from "./mcp-config.ts";
export type { McpServer } from "./mcp-config.ts";
export { testMcpGate } from "./mcp-self-test.ts";
export {
  installedPlugin,
  installOpenclawGate,
  openclawConfigFile,
  readGateTelemetry,
  removeOpenclawGate,
  writeGateTelemetry,
} from "./openclaw.ts";
export { testOpenclawGate } from "./openclaw-self-test.ts";
