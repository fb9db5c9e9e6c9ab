import { relative } from "node:path";
import { OperatorError } from "../../kernel/index.ts";
import type { CgroupRef, Enclosure, ResourceLimits } from "../process-tree/index.ts";
import {
  countTasksOfUser,
  createCgroup,
  findIsolationProblem,
  findScope,
  isRoot,
  limitSession,
  OPEN,
} from "../process-tree/index.ts";
import { EXIT_CANNOT_RUN } from "./options.ts";
import type { SupervisorOptions } from "./options.ts";

/** A tree that nobody limited may still not fill the machine with processes, where a group can hold it. */
const MAX_PIDS = 4096;
const NO_LIMITS: ResourceLimits = { maxPids: null, maxMemoryBytes: null };

export interface PreparedEnclosure {
  readonly cgroup: CgroupRef | null;
  readonly enclosure: Enclosure;
}

/**
 * Shuts the agent in as well as this user may: a cgroup of ours, else a scope of the user's own systemd, else process by
 * process. What was asked for and cannot be had refuses the start.
 *
 * @throws OperatorError
 */
export function prepareEnclosure(options: SupervisorOptions, sessionId: string): PreparedEnclosure {
  const { isolate = [], home } = options;
  const problem = isHidden(options) ?? findIsolationProblem({ isolate, home, tagged: false });
  if (problem !== null) {
    throw new OperatorError(
      `The agent cannot be isolated (${isolate.join(", ")}) here: ${problem}`,
      "Run it as root, let users make namespaces (sysctl user.max_user_namespaces), or leave --isolate out.",
      { exitCode: EXIT_CANNOT_RUN },
    );
  }
  const cgroup = options.cgroup === false ? null : createCgroup(sessionId);
  const scope = cgroup === null && options.cgroup !== false ? findScope(sessionId, options.env) : null;
  const asked: ResourceLimits = { maxPids: options.maxPids ?? null, maxMemoryBytes: options.maxMemoryBytes ?? null };
  const wanted = { ...asked, maxPids: asked.maxPids ?? MAX_PIDS };
  // root could leave its cgroup; a tag stays on it
  const tagged = isRoot() && findIsolationProblem({ isolate: [], home, tagged: true }) === null;
  const base = { ...OPEN, home, group: cgroup?.path ?? null, scope, isolate, tagged };
  if (scope !== null) {
    // systemd leaves out what it may not limit, and does not say so
    const rlimits = toRlimits(options, asked);
    return { cgroup, enclosure: { ...base, scopeLimits: wanted, rlimits } };
  }
  const canGroup = options.cgroup !== false;
  const { enter, missing } = canGroup ? limitSession(sessionId, cgroup, wanted) : { enter: [], missing: asked };
  const left = asked.maxPids === null ? { ...missing, maxPids: null } : missing;
  if (cgroup === null && !isolate.includes("pid")) warnOfGap(options);
  return { cgroup, enclosure: { ...base, limitGroups: enter, rlimits: toRlimits(options, left) } };
}

function isHidden({ isolate = [], home, cwd }: SupervisorOptions): string | null {
  const isInside = !relative(home, cwd).startsWith("..");
  return isolate.includes("home") && isInside ? `its working directory ${cwd} lies in the home that is hidden` : null;
}

/** The kernel counts a user's processes in all, but those of a user namespace by themselves. */
function toRlimits({ logger, isolate = [] }: SupervisorOptions, limits: ResourceLimits): ResourceLimits {
  const { maxPids, maxMemoryBytes } = limits;
  if (maxPids === null && maxMemoryBytes === null) return NO_LIMITS;
  if (process.platform !== "linux" || (maxPids !== null && isRoot())) {
    throw new OperatorError(
      "The agent's processes cannot be limited here: no cgroup can carry the limit, and none holds for root without one.",
      "Run it as another user, mount the cgroup hierarchy, or leave --max-pids and --max-memory out.",
      { exitCode: EXIT_CANNOT_RUN },
    );
  }
  if (maxMemoryBytes !== null) logger.warn("the memory limit holds for each process by itself: no cgroup carries it");
  const others = isolate.length > 0 ? 0 : countTasksOfUser();
  return { maxPids: maxPids === null ? null : maxPids + others, maxMemoryBytes };
}

function warnOfGap({ logger }: SupervisorOptions): void {
  logger.warn(
    "no cgroup can be made here: a process that drops its environment, its session and its parent within a quarter of " +
      "a second is lost from sight; `--isolate pid` closes this",
  );
}
