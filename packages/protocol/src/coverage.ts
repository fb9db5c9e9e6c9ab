import { z } from "zod";

/** What can stand before an agent's acts: a hook or plugin that Firebreak installs, the MCP proxy, or the SDK in the agent. */
export const GATE_RUNTIMES = ["claude-code", "openclaw", "mcp", "sdk", "openai-agents", "ai", "langchain"] as const;
export const gateRuntime = z.enum(GATE_RUNTIMES);
export type GateRuntime = z.infer<typeof gateRuntime>;

/**
 * What is known of one gate. `reporting`: it says of itself that it stands; `silent`: it did, and does no more; `installed`:
 * the runtime's settings name it; `changed`: its program or how it is called is not what was installed; `gone`: they named it
 * when it was installed; `unreadable`: they cannot be read.
 */
export const GATE_STATES = ["reporting", "silent", "installed", "changed", "gone", "unreadable"] as const;
export const gateState = z.enum(GATE_STATES);
export type GateState = z.infer<typeof gateState>;

const time = z.string();

export const gateCoverage = z.object({
  runtime: gateRuntime,
  /** of the runtime or framework behind it, as far as the gate knows */
  version: z.string().nullable(),
  state: gateState,
  /** when it last said that it stands */
  lastReportAt: time.nullable(),
  /** the runtime's settings that name it, on the server's machine */
  place: z.string().nullable(),
  installedAt: time.nullable(),
  /** its last self-test */
  testedAt: time.nullable(),
  testPassed: z.boolean().nullable(),
});
export type GateCoverage = z.infer<typeof gateCoverage>;

/**
 * What can be done about one agent. `processes`: they can be frozen and killed, with proof; `calls`: they can be refused;
 * `observed`: neither, it only tells what it does.
 */
export const COVERAGE_LEVELS = ["processes_and_calls", "processes", "calls", "observed"] as const;
export const coverageLevel = z.enum(COVERAGE_LEVELS);
export type CoverageLevel = z.infer<typeof coverageLevel>;

export const agentCoverage = z.object({
  agentId: z.string(),
  pack: z.string().nullable(),
  /** null when it never sent telemetry */
  lastSeenAt: time.nullable(),
  level: coverageLevel,
  /** in one sentence */
  summary: z.string(),
  /** of its latest session; `alive`: it can freeze and kill the agent now */
  supervisor: z.object({ session: z.string(), host: z.string(), alive: z.boolean() }).nullable(),
  gates: z.array(gateCoverage),
  enforced: z.array(z.string()),
  observedOnly: z.array(z.string()),
});
export type AgentCoverage = z.infer<typeof agentCoverage>;
