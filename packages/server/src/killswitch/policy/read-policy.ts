import { join } from "node:path";
import type { Role } from "@firebreak/protocol";
import { problemsOfSchema, readTextFile, readYaml } from "../../kernel/index.ts";
import type { FileProblem, YamlSource } from "../../kernel/index.ts";
import { policyFile } from "./policy-file.ts";
import type { PolicyFile } from "./policy-file.ts";
import { DEFAULT_POLICY, roleNamed, ROLES_OF_AGENTOS, toPolicy } from "./policy.ts";
import type { KillswitchPolicy } from "./policy.ts";

/** What the file is called in the home and in a profile's folder. */
export const POLICY_FILE = "killswitch.policy.yaml";

export type PolicyRead =
  | { readonly ok: true; readonly policy: KillswitchPolicy }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

type GivenRoles = Readonly<Record<string, Role>>;

/**
 * Reads the text of a policy.
 *
 * @param roles which of our roles further names have (`roles` of the profile)
 * @returns the policy, or every fault with its place
 */
export function parsePolicy(file: string, text: string, roles: GivenRoles = {}): PolicyRead {
  const yaml = readYaml(file, text);
  if (!yaml.ok) return yaml;
  const other = otherShape(yaml.source);
  if (other !== null) return { ok: false, problems: [other] };
  const parsed = policyFile.safeParse(yaml.source.value);
  if (!parsed.success) return { ok: false, problems: problemsOfSchema(yaml.source, parsed.error.issues) };
  const problems = unknownRoles(yaml.source, parsed.data, roles);
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, policy: toPolicy(file, parsed.data, (name) => roleNamed(name, roles) ?? "admin") };
}

/**
 * Reads the policy of the home, else of the profile, else the defaults. A file that is not right is no reason to have no
 * kill switch: the defaults hold then, and its problems are told.
 */
export async function loadPolicy(options: {
  readonly home: string;
  readonly profileDir: string;
  readonly roles: GivenRoles;
}): Promise<{ readonly policy: KillswitchPolicy; readonly problems: readonly FileProblem[] }> {
  for (const directory of [options.home, options.profileDir]) {
    const file = join(directory, POLICY_FILE);
    const read = await readTextFile(file);
    if (read.kind === "missing") continue;
    if (read.kind === "problem") return { policy: DEFAULT_POLICY, problems: [read.problem] };
    const parsed = parsePolicy(file, read.text, options.roles);
    return parsed.ok ? { policy: parsed.policy, problems: [] } : { policy: DEFAULT_POLICY, problems: parsed.problems };
  }
  return { policy: DEFAULT_POLICY, problems: [] };
}

/** AgentOS's onboarding guide shows a kill switch with triggers, which nothing there reads; guessing what it means would be unsafe. */
function otherShape(source: YamlSource): FileProblem | null {
  const path = ["triggers", "kill_switch", "killswitch", "spec.triggers"]
    .map((text) => text.split("."))
    .find((keys) => valueAt(source.value, keys) !== undefined);
  if (path === undefined) return null;
  return {
    file: source.file,
    ...source.positionOf(path.slice(0, -1), path.at(-1)),
    message: `${path.join(".")} belongs to the other shape of this policy, with triggers (security_incident, cost_overrun …)`,
    remedy:
      "Write it as killswitch.policy.v1: apiVersion, kind, metadata and spec with global and pack_level. " +
      "What stops agents by itself are rules and playbooks of the profile.",
  };
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  let here = value;
  for (const key of keys)
    here =
      typeof here === "object" && here !== null ? Object.entries(here).find(([name]) => name === key)?.[1] : undefined;
  return here;
}

function unknownRoles(source: YamlSource, { spec }: PolicyFile, given: GivenRoles): FileProblem[] {
  return (["global", "pack_level"] as const).flatMap((part) =>
    spec[part].authorized_roles.flatMap((name, index) => {
      if (roleNamed(name, given) !== undefined) return [];
      const known = Object.keys(ROLES_OF_AGENTOS).join(", ");
      return {
        file: source.file,
        ...source.positionOf(["spec", part, "authorized_roles", index]),
        message: `nobody here has the role ${name}`,
        remedy: `Use one of ${known}, responder, commander, admin, or say in the profile which role it is: roles: {${name}: commander}.`,
      };
    }),
  );
}
