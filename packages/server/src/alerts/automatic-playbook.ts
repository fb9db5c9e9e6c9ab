import { detectorBindingFor } from "../kernel/index.ts";
import type { Profile } from "../kernel/index.ts";

/**
 * @returns the playbook that the profile binds to the alert's rule and that acts on its agent without asking, or
 *   undefined. What senders report contains nothing by itself.
 */
export function automaticPlaybook(
  profile: Pick<Profile, "detectors">,
  { ruleId, agentId }: { readonly ruleId: string | null; readonly agentId: string | null },
): string | undefined {
  if (ruleId === null || agentId === null) return undefined;
  return detectorBindingFor(profile, ruleId)?.playbook;
}
