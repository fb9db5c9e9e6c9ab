import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseDocument, stringify } from "yaml";
import { z } from "zod";
import { TEMPLATE_NAMES } from "../../kernel/index.ts";

export interface ProfileSettings {
  /** the home of the sandbox */
  readonly home: string;
  /** the folder that everything of the sandbox lies in */
  readonly folder: string;
  /** whose profile, playbooks, templates and rules are tried; what is not there is as shipped */
  readonly realHome: string;
  readonly profilesDir: string;
  readonly profileName: string;
  /** where all messages go */
  readonly catcherUrl: string;
  /** those of the sandbox, in place of all others */
  readonly services: readonly Readonly<Record<string, unknown>>[];
  /** laid over the profile */
  readonly changes: Readonly<Record<string, unknown>>;
}

/** What of a person's own files is under test too. */
const OWN = ["playbooks", "templates", "rules", "maps", "policies", "killswitch-policy.yaml"];

/** What leads out of the sandbox: none of it goes in. */
const OUTSIDE = ["channels", "notifications", "audit", "retention", "drills"];

const mapping = z.record(z.string(), z.unknown());

/** Writes the profile under test into the sandbox's home, with no way out of the sandbox in it. */
export function writeProfile(settings: ProfileSettings): void {
  const { home, folder, realHome, profilesDir, profileName, catcherUrl, changes } = settings;
  for (const name of OWN) {
    const own = path.join(realHome, name);
    if (existsSync(own)) cpSync(own, path.join(home, name), { recursive: true, dereference: true });
  }
  const own = path.join(realHome, "profile.yaml");
  const file = existsSync(own) ? own : path.join(profilesDir, profileName, "profile.yaml");
  const profile = mapping.parse(parseDocument(readFileSync(file, "utf8"), { merge: true }).toJS());
  for (const key of OUTSIDE) delete profile[key];
  const effectors = mapping.optional().parse(profile["effectors"]) ?? {};
  const { blastRadius, rates } = effectors;
  profile["effectors"] = withoutUndefined({
    blastRadius,
    rates,
    maintenanceLocks: { directories: [path.join(folder, "locks")] },
  });
  profile["services"] = settings.services;
  // the self-test of the kill switch is about this machine, not about the playbook
  profile["canary"] = { everySeconds: 0 };
  profile["channels"] = [{ name: "caught", kind: "webhook", url: catcherUrl }];
  profile["notifications"] = [{ channel: "*", severities: [1, 2, 3, 4], templates: [...TEMPLATE_NAMES, "approval"] }];
  writeFileSync(path.join(home, "profile.yaml"), stringify(layOver(profile, changes)), { mode: 0o600 });
}

function withoutUndefined(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
}

/** Mappings are merged, key by key; anything else is replaced. */
function layOver(
  under: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const [below, above] = [mapping.safeParse(merged[key]), mapping.safeParse(value)];
    merged[key] = below.success && above.success ? layOver(below.data, above.data) : value;
  }
  return merged;
}
