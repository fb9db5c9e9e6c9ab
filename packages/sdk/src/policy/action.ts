import type { Cost } from "@firebreak/protocol/policy";

/** What the agent is about to do. The more is told, the more rules can judge. */
export interface GateAction {
  readonly tool?: string | undefined;
  /** the service behind the tool, for circuit breakers: a name like `github` or a host */
  readonly integration?: string | undefined;
  /** the tool's arguments, as they are; a command, address or path is also found in them */
  readonly arguments?: Readonly<Record<string, unknown>> | undefined;
  readonly command?: string | undefined;
  readonly url?: string | undefined;
  readonly filePath?: string | undefined;
  readonly content?: string | undefined;
  /** what it costs as far as is known before; `calls` is 1 when left out */
  readonly cost?: Cost | undefined;
}
