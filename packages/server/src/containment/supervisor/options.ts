import type { Writable } from "node:stream";
import type { Clock, Logger, NewId } from "../../kernel/index.ts";
import type { Isolation } from "../process-tree/index.ts";
import type { Abort } from "./abort.ts";
import type { RestartPolicy } from "./restart.ts";
import type { GoverningServer } from "./server-holds.ts";
import type { ServerAddress } from "./server-link.ts";

export interface SupervisorOptions {
  /** FIREBREAK_HOME */
  readonly home: string;
  readonly agent: string;
  readonly pack?: string | undefined;
  /** default: a fresh session id */
  readonly session?: string | undefined;
  /** the command and its arguments; no shell */
  readonly command: readonly string[];
  /** the directory that holds the agent's own files; default `cwd` */
  readonly workspace?: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  readonly stdio: {
    readonly stdin: "inherit" | "ignore";
    readonly stdout: Writable;
    readonly stderr: Writable;
  };
  /** the server, or how to find it; a search that fails is repeated while the agent runs */
  readonly server?: ServerAddress | (() => Promise<ServerAddress | null>) | undefined;
  /** a server elsewhere whose stops hold here too; without its lease the agent stops */
  readonly governor?: GoverningServer | undefined;
  readonly fetchFrom?: typeof globalThis.fetch | undefined;
  /** take lines of output that are no telemetry as events of kind `log`; default false */
  readonly logLines?: boolean | undefined;
  /** use a cgroup where one can be made; default true */
  readonly cgroup?: boolean | undefined;
  /** what of the system the agent does not share */
  readonly isolate?: readonly Isolation[] | undefined;
  /** of all its processes together; default 4096 where a cgroup can hold it */
  readonly maxPids?: number | undefined;
  readonly maxMemoryBytes?: number | undefined;
  /** default: it is started once */
  readonly restart?: Partial<RestartPolicy> | undefined;
  /** how the agent is told, once, that a stop of level deny covers it */
  readonly abort?: Abort | undefined;
  /** from 0 to 1, for the restarts of many agents not to fall together; default 1 */
  readonly random?: (() => number) | undefined;
  /** where SIGINT, SIGTERM and SIGHUP arrive; default this process */
  readonly signals?: NodeJS.EventEmitter | undefined;
  readonly heartbeatMs?: number | undefined;
  /** a command that freezes what dead supervisors left, for when this one is killed; default: whoever comes by does it */
  readonly orphanCommand?: readonly string[] | undefined;
}

/** `firebreak run` refuses to start what a hold covers (EX_TEMPFAIL of sysexits.h). */
export const EXIT_HELD = 75;
export const EXIT_CANNOT_RUN = 126;
export const EXIT_NOT_FOUND = 127;
