import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import type { Effector, EffectorContext, EffectorOutcome } from "../../containment/index.ts";
import { MARKER } from "./clear.ts";
import type { Isolation } from "./isolate.ts";

/** How the message of a step begins that a drill did not let act. Whoever scores the drill knows it by this. */
export const NOT_EXERCISED = "Not exercised in a drill: ";

export interface Confinement {
  readonly folder: string;
  readonly isolation: Isolation;
}

/** Acts on the sandbox's own agents, database and catcher, or only reads. */
const WITHIN = [
  /^agent\./,
  /^stop\./,
  /^evidence\.collect$/,
  /^notify\.send$/,
  /^incident\./,
  /^indicator\./,
  /^maintenance\.lock$/,
  // the profile of a sandbox knows no services but its own
  /^service\./,
  /^check\./,
  /^(log|events|pii)\.search$/,
  /^command\.read$/,
];
/** Acts on files, which its parameters name. */
const ON_FILES = [/^skill\.quarantine$/, /^file\./, /^disk\.clean$/, /^git\./, /^mcp\.disable$/, /^backup\./];
/** Acts on a server, which its parameters name by port or socket. */
const ON_SERVERS = [/^redis\./, /^postgres\./, /^backup\./];
/** Acts on the network of the host it is on. */
const ON_NETWORK = [/^firewall\./, /^host\.isolate$/];
/** Runs what its parameters or the profile say; only the kernel can hold that back. */
const RUNS_ANYTHING = [/^command\.run$/, /^credential\.rotate$/];

/**
 * The effector as a drill may use it: within the sandbox as ever; what would reach out of it is not done, and says so. An
 * effector that this list does not know is not done either.
 */
export function confineEffector(effector: Effector, confinement: Confinement): Effector {
  const refuse = (parameters: unknown) => findEscape(effector.name, parameters, confinement);
  const guarded =
    (act: (ctx: EffectorContext, parameters: unknown) => Promise<EffectorOutcome>) =>
    async (ctx: EffectorContext, parameters: unknown): Promise<EffectorOutcome> => {
      const why = refuse(parameters);
      if (why === null) return act(ctx, parameters);
      return { ok: false, reason: "unavailable", message: `${NOT_EXERCISED}${why}` };
    };
  return {
    ...effector,
    apply: guarded((ctx, parameters) => effector.apply(ctx, parameters)),
    // undo of what was never done is harmless; of what was done, it is confined as that was
    undo: (ctx, parameters, output) => guarded((c, p) => effector.undo(c, p, output))(ctx, parameters),
  };
}

/** @returns why this must not act here, as a sentence without a full stop; null when it may */
export function findEscape(name: string, parameters: unknown, { folder, isolation }: Confinement): string | null {
  const matches = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(name));
  if (matches(WITHIN)) return null;
  const apart = isolation === "namespaces";
  if (matches(ON_NETWORK))
    return apart ? null : `${name} would act on this machine's network; run the drill as root on Linux`;
  if (matches(RUNS_ANYTHING)) return apart ? null : `${name} may run anything; run the drill as root on Linux`;
  if (name === "process.end")
    return apart || isOfSandbox(parameters, folder) ? null : "the process is none of the drill's";
  const [onFiles, onServers] = [matches(ON_FILES), matches(ON_SERVERS)];
  if (!onFiles && !onServers) return `${name} reaches out of the sandbox`;
  if (apart) return null;
  const texts = listTexts(parameters);
  const outside = texts.find((text) => path.isAbsolute(text) && !isInside(text, folder));
  if (outside !== undefined) return `${outside} is not in the sandbox`;
  return onServers && texts.every((text) => !path.isAbsolute(text))
    ? `${name} names its server by port, which may be one of this machine; run the drill as root on Linux`
    : null;
}

function listTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(listTexts);
}

/** Links are followed as far as the path exists; what does not exist yet is judged by the folder it would be made in. */
function isInside(file: string, folder: string): boolean {
  let existing = path.resolve(file);
  let rest = "";
  for (;;) {
    try {
      const real = path.join(realpathSync(existing), rest);
      return real === folder || real.startsWith(`${folder}/`);
    } catch {
      const parent = path.dirname(existing);
      if (parent === existing) return false;
      rest = path.join(path.basename(existing), rest);
      existing = parent;
    }
  }
}

function isOfSandbox(parameters: unknown, folder: string): boolean {
  const pid = typeof parameters === "object" && parameters !== null && "pid" in parameters ? parameters.pid : undefined;
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid < 2) return false;
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`${MARKER}=${folder}`);
  } catch {
    return false;
  }
}
