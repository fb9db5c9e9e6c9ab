import type { ContainmentMode, IncidentType, Severity } from "@firebreak/protocol";
import { detectorBindingFor } from "../kernel/index.ts";
import type { ContainmentRule, DetectorBinding, PlaybookBinding, Profile } from "../kernel/index.ts";

/** What of an alert decides which rules of containment it sets off. */
export interface ContainmentTrigger {
  readonly ruleId: string | null;
  readonly agentId: string | null;
  readonly severity: Severity;
  readonly incidentType: IncidentType;
  readonly tags: readonly string[];
  /** told long after it happened: then nothing is done without asking */
  readonly isLate: boolean;
}

/** A rule of the profile that an alert sets off. */
export interface AutomaticContainment {
  readonly name: string;
  readonly mode: ContainmentMode;
  readonly kind: "effector" | "playbook";
  readonly what: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** lists of the event, for each entry of which it is done; none: it is done once */
  readonly each: readonly string[];
  readonly forMinutes: number | null;
  readonly askMinutes: number;
}

type ContainmentProfile = Pick<Profile, "detectors" | "containment" | "playbooks">;

/** How long a question of a bound playbook waits. */
const ASK_MINUTES = 60;
/** What a playbook gets that says nothing else. */
const PLAYBOOK_INPUTS = { agentId: "${alert.agentId}", sessionId: "${alert.sessionId}" };

/**
 * @returns what the profile does about an alert: the playbook that it binds to the alert's rule, its rules of
 *   containment whose trigger fits, and the playbooks that it starts or asks for. What senders report starts nothing by
 *   itself; what concerns no agent starts only what `playbooks` or `with` of a detector say, whose inputs stand there.
 */
export function automaticContainments(
  profile: ContainmentProfile,
  alert: Omit<ContainmentTrigger, "isLate">,
): readonly AutomaticContainment[] {
  if (alert.ruleId === null) return [];
  const started = profile.playbooks.filter((binding) => isBoundTo(binding, alert)).flatMap(startOf);
  const binding = detectorBindingFor(profile, alert.ruleId);
  const isAbout = alert.agentId !== null || binding?.with !== undefined;
  const bound = binding?.playbook === undefined || !isAbout ? [] : [boundPlaybook(binding, binding.playbook)];
  if (alert.agentId === null) return withoutRepeats(bound, started);
  const rules = profile.containment.rules.filter((rule) => isSetOff(rule, alert)).map(containmentOf);
  return withoutRepeats([...bound, ...rules], started);
}

/** What is begun already is not begun again under another name. */
function withoutRepeats(
  first: readonly AutomaticContainment[],
  more: readonly AutomaticContainment[],
): readonly AutomaticContainment[] {
  const known = new Set(first.map(({ what }) => what));
  return [...first, ...more.filter(({ what }) => !known.has(what))];
}

/** @returns whether an alert acts on an agent without asking anybody: then quieting it must not let the agent run on */
export function actsByItself(profile: ContainmentProfile, alert: ContainmentTrigger): boolean {
  return !alert.isLate && automaticContainments(profile, alert).some(({ mode }) => mode === "act");
}

function boundPlaybook(
  { rule, mode = "act", with: given = {} }: DetectorBinding,
  playbook: string,
): AutomaticContainment {
  const parameters = { ...PLAYBOOK_INPUTS, ...given };
  return {
    each: [],
    name: rule,
    mode,
    kind: "playbook",
    what: playbook,
    parameters,
    forMinutes: null,
    askMinutes: ASK_MINUTES,
  };
}

function containmentOf(rule: ContainmentRule): AutomaticContainment {
  const { name, mode, effector, playbook, askMinutes, each } = rule;
  const forMinutes = rule.forMinutes ?? null;
  const isSilent = Object.keys(rule.with).length === 0;
  if (effector !== undefined)
    return { each, name, mode, kind: "effector", what: effector, parameters: rule.with, forMinutes, askMinutes };
  const parameters = isSilent ? PLAYBOOK_INPUTS : rule.with;
  return { each, name, mode, kind: "playbook", what: playbook ?? "", parameters, forMinutes, askMinutes };
}

function startOf({ playbook, mode, with: parameters, askMinutes }: PlaybookBinding): AutomaticContainment[] {
  if (mode === "suggest") return [];
  return [
    {
      each: [],
      name: `playbook ${playbook}`,
      mode,
      kind: "playbook",
      what: playbook,
      parameters,
      forMinutes: null,
      askMinutes,
    },
  ];
}

/** @returns whether a playbook is bound to what happened: all that the binding gives holds, of a list one entry */
export function isBoundTo(
  { rules, incidentTypes, severities }: PlaybookBinding,
  { ruleId, incidentType, severity }: Pick<ContainmentTrigger, "ruleId" | "incidentType" | "severity">,
): boolean {
  const isOfRule = rules?.some((rule) => rule === ruleId || (ruleId ?? "").startsWith(`${rule}/`)) ?? true;
  return isOfRule && (incidentTypes?.includes(incidentType) ?? true) && (severities?.includes(severity) ?? true);
}

function isSetOff(
  { when }: ContainmentRule,
  { ruleId, severity, incidentType, tags }: Omit<ContainmentTrigger, "isLate">,
): boolean {
  const isOfRule = when.rules?.some((rule) => rule === ruleId || (ruleId ?? "").startsWith(`${rule}/`)) ?? true;
  const isTagged = when.tags?.some((tag) => tags.includes(tag)) ?? true;
  const isGrave = when.severities?.includes(severity) ?? true;
  return isOfRule && isTagged && isGrave && (when.incidentTypes?.includes(incidentType) ?? true);
}
