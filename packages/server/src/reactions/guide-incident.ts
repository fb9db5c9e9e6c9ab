import type { IncidentGuidance, IncidentType, Severity, SuggestedPlaybook } from "@firebreak/protocol";
import { isBoundTo } from "../alerts/index.ts";
import { detectorBindingFor } from "../kernel/index.ts";
import type { Contact, Profile } from "../kernel/index.ts";
import { resolveReferences } from "../playbooks/index.ts";
import type { LoadedPlaybook } from "../playbooks/index.ts";

/** What of an incident decides what is to be done about it. */
export interface GuidedIncident {
  readonly id: string;
  readonly title: string;
  readonly type: IncidentType;
  readonly severity: Severity;
  readonly agentId: string | null;
  readonly sessionId: string | null;
  readonly pack: string | null;
  /** of its alerts, the newest first */
  readonly ruleIds: readonly string[];
}

type GuidingProfile = Pick<Profile, "detectors" | "playbooks" | "contacts">;

/**
 * @returns the playbooks that fit the incident, those that the profile binds first, then those that say so themselves;
 *   and whom the profile brings in for it
 */
export function guideIncident(
  profile: GuidingProfile,
  playbooks: ReadonlyMap<string, LoadedPlaybook>,
  incident: GuidedIncident,
): IncidentGuidance {
  const reasons = [...detectorReasons(profile, incident), ...boundReasons(profile, incident)];
  const own = [...playbooks.values()].flatMap((playbook) => ownReasons(playbook, incident));
  const suggested = new Map<string, SuggestedPlaybook>();
  for (const { playbook: id, why, given } of [...reasons, ...own]) {
    const playbook = playbooks.get(id);
    if (playbook === undefined || suggested.has(id)) continue;
    suggested.set(id, { id, title: playbook.document.title, why, inputs: inputsOf(playbook, given, incident) });
  }
  return { playbooks: [...suggested.values()], contacts: profile.contacts.filter((one) => isDue(one, incident)) };
}

interface Reason {
  readonly playbook: string;
  readonly why: string;
  readonly given: Readonly<Record<string, unknown>>;
}

function detectorReasons(profile: GuidingProfile, { ruleIds }: GuidedIncident): Reason[] {
  return ruleIds.flatMap((ruleId) => {
    const playbook = detectorBindingFor(profile, ruleId)?.playbook;
    return playbook === undefined ? [] : [{ playbook, why: `the profile binds it to the rule ${ruleId}`, given: {} }];
  });
}

/** What is bound to a rule comes before what is bound to a type or a severity only. */
function boundReasons(profile: GuidingProfile, { ruleIds, type, severity }: GuidedIncident): Reason[] {
  const ruleOrNone = ruleIds.length === 0 ? [null] : ruleIds;
  const fitting = profile.playbooks.filter((binding) =>
    ruleOrNone.some((ruleId) => isBoundTo(binding, { ruleId, incidentType: type, severity })),
  );
  return fitting
    .toSorted((one, other) => Number(one.rules === undefined) - Number(other.rules === undefined))
    .map((binding) => ({
      playbook: binding.playbook,
      why:
        binding.rules === undefined
          ? "the profile binds it to incidents like this"
          : "the profile binds it to a rule that fired",
      given: binding.with,
    }));
}

function ownReasons({ document }: LoadedPlaybook, { ruleIds, type, severity }: GuidedIncident): Reason[] {
  const { rules, incidentTypes, severities } = document.appliesTo;
  const why = rules.some((rule) => ruleIds.includes(rule))
    ? "it is for a rule that fired"
    : incidentTypes.includes(type) && (severities.length === 0 || severities.includes(severity))
      ? `it is for incidents of the type ${type}`
      : null;
  return why === null ? [] : [{ playbook: document.id, why, given: {} }];
}

/** What is known of the inputs: what the profile gives, and who the incident is about. */
function inputsOf(
  { document }: LoadedPlaybook,
  given: Readonly<Record<string, unknown>>,
  { id, title, severity, agentId, sessionId, pack }: GuidedIncident,
): Record<string, unknown> {
  const alert = { title, severity, agentId, sessionId, pack };
  const known = Object.entries({ agentId, sessionId, pack, ...given }).flatMap(([name, value]) => {
    const resolved = resolveReferences(value, { alert, incident: { id } });
    const fits = Object.hasOwn(document.inputs, name) && resolved.ok && resolved.value !== null;
    return fits ? [[name, resolved.value] as const] : [];
  });
  return Object.fromEntries(known);
}

function isDue({ when }: Contact, { severity, type }: GuidedIncident): boolean {
  return (when.severities?.includes(severity) ?? true) && (when.incidentTypes?.includes(type) ?? true);
}
