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
  requirePlugins,
  writeGateTelemetry,
} from "./openclaw.ts";
export { testOpenclawGate } from "./openclaw-self-test.ts";
export { coverAgent, coverRecords } from "./cover-agent.ts";
export type { GateReport } from "./cover-agent.ts";
export { GATE_COVERAGE } from "./gate-coverage.ts";
export type { CoverageRow } from "./gate-coverage.ts";
export { forgetGateAnd, listRecordedGates, recordGate, recordGateTest } from "./gate-records.ts";
export type { RecordedGate } from "./gate-records.ts";
export { toolPinsDir } from "./tool-pins-dir.ts";
export { createGateWatch } from "./watch-gates.ts";
