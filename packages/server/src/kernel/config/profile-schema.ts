import { containmentMode, incidentType, severity } from "@firebreak/protocol";
import type { Severity } from "@firebreak/protocol";
import { z } from "zod";
import { compileMatchers, parseMatchers } from "../matchers.ts";
import { auditSchema } from "./audit-schema.ts";
import { containmentSchema } from "./containment-schema.ts";
import { drillSettings } from "./drill-schema.ts";
import { DEFAULT_GUARD, guardSchema } from "./guard-schema.ts";
import { effectorSettings } from "./effector-settings.ts";
import { evidenceSettings } from "./evidence-schema.ts";
import { environmentName, httpUrl } from "./http-url.ts";
import { INCIDENT_ID_PATTERN } from "./incident-id.ts";
import { contact, playbookBinding } from "./playbook-bindings.ts";
import { DEFAULT_REDACTION, redactionSchema } from "./redaction-schema.ts";
import { DEFAULT_RETENTION, retentionSchema } from "./retention-schema.ts";
import { servicesSettings } from "./service-settings.ts";
import { stormSchema } from "./storm-schema.ts";

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use small letters, digits and -, beginning with a letter or digit");
const minutes = z.number().int().min(1).max(525_600);
const severities = z.array(severity).min(1).max(4);

/** The moments a message is sent at; each is a file `templates/<name>.md` of the profile. */
export const TEMPLATE_NAMES = ["initial", "contained", "update", "resolved"] as const;
export const templateName = z.enum(TEMPLATE_NAMES);
export type TemplateName = z.infer<typeof templateName>;
/** What a route can carry: messages of these templates, and questions that wait for a person's answer. */
const ROUTED = [...TEMPLATE_NAMES, "approval"] as const;

const severityTarget = z.strictObject({
  label: z.string().trim().min(1).max(32),
  /** minutes from detection; a clock without a target is not set */
  respondMinutes: minutes,
  containMinutes: minutes.optional(),
  resolveMinutes: minutes.optional(),
});

const detectorBinding = z.strictObject({
  /** id of a Sigma rule, or `*` for every rule that no other binding names */
  rule: z.string().min(1).max(128),
  severity: severity.optional(),
  type: incidentType.optional(),
  playbook: name.optional(),
  /** of the playbook: whether it runs at once (left out: yes), is asked for, or is only told of */
  mode: containmentMode.optional(),
  /**
   * inputs of the playbook beside the alert's agent and session; `${alert.…}` and `${event.…}` are replaced, of a list of
   * references by the first that has a value
   */
  with: z.record(z.string().max(128), z.unknown()).optional(),
});
export type DetectorBinding = z.infer<typeof detectorBinding>;

const emailAddress = z.email().max(254);

/** The user whom the channel reaches and nobody else: questions come with a link by which that person answers. */
const recipient = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._@-]*$/, "use the name of a user");

const webhookChannel = z
  .strictObject({
    name,
    kind: z.literal("webhook"),
    person: recipient.optional(),
    url: httpUrl.optional(),
    /** environment variable, or file in `<home>/secrets`, that holds the address */
    urlEnv: environmentName.optional(),
    /** environment variable, or file in `<home>/secrets`, that holds the signing secret */
    secretEnv: environmentName.optional(),
  })
  .refine((channel) => (channel.url === undefined) !== (channel.urlEnv === undefined), {
    message: "a webhook channel needs exactly one of url and urlEnv",
  });

const emailChannel = z
  .strictObject({
    name,
    kind: z.literal("email"),
    person: recipient.optional(),
    /** `smtp://host:port` or `smtps://host:port`, without a password */
    smtpUrl: z
      .string()
      .max(2048)
      .refine(
        isPlainSmtpUrl,
        "use smtp://host:port or smtps://host:port; a password belongs in smtpUrlEnv or passwordEnv",
      )
      .optional(),
    smtpUrlEnv: environmentName.optional(),
    user: z.string().min(1).max(254).optional(),
    passwordEnv: environmentName.optional(),
    from: emailAddress,
    to: z.array(emailAddress).min(1).max(50),
  })
  .refine((channel) => (channel.smtpUrl === undefined) !== (channel.smtpUrlEnv === undefined), {
    message: "an email channel needs exactly one of smtpUrl and smtpUrlEnv",
  });

export const channelSchema = z.discriminatedUnion("kind", [webhookChannel, emailChannel]);
export type Channel = z.infer<typeof channelSchema>;
export type WebhookChannel = z.infer<typeof webhookChannel>;
export type EmailChannel = z.infer<typeof emailChannel>;

export const notificationRoute = z.strictObject({
  /** name of a channel, or `*` for every channel */
  channel: z.union([z.literal("*"), name]),
  severities,
  templates: z.array(z.enum(ROUTED)).min(1).max(ROUTED.length),
});
export type NotificationRoute = z.infer<typeof notificationRoute>;

/** Conditions on labels as text, `team="db", instance=~"web-.*"`, read and compiled here so that a fault has its place. */
const matchersText = z
  .string()
  .max(8_192)
  .transform((text, check) => {
    const parsed = parseMatchers(text);
    const compiled = parsed.ok ? compileMatchers(parsed.value) : parsed;
    if (parsed.ok && compiled.ok) return parsed.value;
    if (!compiled.ok) check.addIssue({ code: "custom", message: compiled.problem });
    return z.NEVER;
  });
const labelNames = z.array(z.string().min(1).max(128)).max(16);
/** Without it, an alert that contains an agent by itself passes: quieting an alarm must not let an agent run on. */
const mutesContainment = z.boolean().default(false);

const alertRoute = z.strictObject({
  name,
  match: matchersText,
  /** false: kept and shown, but nobody is told */
  incident: z.boolean().default(true),
  severity: severity.optional(),
  type: incidentType.optional(),
  /** labels whose values decide which alerts share an incident */
  groupBy: labelNames.optional(),
  /** how long an alert that comes back after it was resolved is not told again */
  repeatMinutes: minutes.optional(),
  mutesContainment,
});

const alertInhibition = z.strictObject({
  name,
  /** while an alert of these labels is open … */
  source: matchersText,
  /** … those of these labels are held, */
  target: matchersText,
  /** if these labels have equal values in both */
  equal: labelNames.default([]),
  mutesContainment,
});

export const alertRules = z.strictObject({
  /** the first that matches counts */
  routes: z.array(alertRoute).max(200).default([]),
  inhibitions: z.array(alertInhibition).max(100).default([]),
  storm: stormSchema.prefault({}),
});

export const profileSchema = z.strictObject({
  name,
  title: z.string().trim().min(1).max(120),
  description: z.string().trim().max(1000).default(""),
  /** IANA time zone of the dates in incident ids */
  timeZone: z.string().max(64).refine(isTimeZone, "use an IANA time zone like Europe/Berlin").default("UTC"),
  incidentIdPattern: z
    .string()
    .regex(
      INCIDENT_ID_PATTERN,
      "use words, a date part and N for digits, for example INC-YYYY-NNNN or INC-YYYYMMDD-NNN",
    ),
  severities: z.strictObject({ 1: severityTarget, 2: severityTarget, 3: severityTarget, 4: severityTarget }),
  /** the self-test that stops an agent of its own; 0 seconds turns it off */
  canary: z
    .strictObject({
      everySeconds: z.union([z.literal(0), z.number().int().min(10).max(86_400)]).default(60),
      /** a stop that takes longer is a failure */
      limitMs: z.number().int().min(100).max(60_000).default(2_000),
    })
    .default({ everySeconds: 60, limitMs: 2_000 }),
  /** which role further names have that a kill switch policy uses */
  roles: z.record(z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/), z.enum(["responder", "commander", "admin"])).default({}),
  /** playbooks that are drilled by themselves, in sandboxes of their own; left out, none is */
  drills: drillSettings.optional(),
  reviews: z.strictObject({
    requiredFor: z.array(severity).max(4),
    /** hours after the resolution */
    dueHours: z.number().int().min(1).max(8760),
  }),
  /** what an incident costs, for the estimate of its impact; left out, none is made */
  costs: z
    .strictObject({
      currency: z.string().trim().min(1).max(16),
      perIncident: z.number().min(0).max(1e12).default(0),
      perHour: z.number().min(0).max(1e12).default(0),
      perAccountHour: z.number().min(0).max(1e12).default(0),
    })
    .optional(),
  detectors: z.array(detectorBinding).max(10_000).default([]),
  /** which playbook is for which incidents, beside those that `detectors` bind to their rules */
  playbooks: z.array(playbookBinding).max(500).default([]),
  /** who is brought in, and when */
  contacts: z.array(contact).max(100).default([]),
  /** what `%name%` stands for in rules with the modifier `expand` */
  placeholders: z
    .record(
      z.string().regex(/^[A-Za-z_][\w.-]*$/, "a name of letters, digits, _, . and -"),
      z.array(z.string().min(1).max(1024)).max(10_000),
    )
    .default({}),
  /** what becomes of alerts before anybody is told */
  alerts: alertRules.prefault({}),
  redaction: redactionSchema.default(DEFAULT_REDACTION),
  retention: retentionSchema.default(DEFAULT_RETENTION),
  /** how far back new indicators are looked for by themselves; 0: not at all */
  indicators: z.strictObject({ lookBackDays: z.number().int().min(0).max(3650) }).default({ lookBackDays: 30 }),
  /** who watches the audit log from outside */
  audit: auditSchema.prefault({}),
  /** what alerts of detection set off by themselves, beside the playbooks that `detectors` bind */
  containment: containmentSchema.prefault({}),
  guard: guardSchema.default(DEFAULT_GUARD),
  /** what may act on this machine, on what, how much and how often */
  effectors: effectorSettings.prefault({}),
  /** what runs beside the agents, and how it is started, stopped and asked */
  services: servicesSettings.default([]),
  /** what collecting evidence holds at each level, and its limits */
  evidence: evidenceSettings.prefault({}),
  /** how long gates and supervisors on other hosts may act without a word of the server */
  leases: z.strictObject({ seconds: z.number().min(2).max(5) }).default({ seconds: 4 }),
  notifications: z.array(notificationRoute).max(200).default([]),
  channels: z.array(channelSchema).max(50).default([]),
});
export type ProfileDocument = z.infer<typeof profileSchema>;
export type SeverityTarget = z.infer<typeof severityTarget>;

/** One template as its file holds it; notify fills it. */
export interface ProfileTemplate {
  readonly name: TemplateName;
  readonly file: string;
  readonly text: string;
}

/** What differs between the teams that run Firebreak, as data. */
export interface Profile extends ProfileDocument {
  readonly templates: readonly ProfileTemplate[];
}

/** @returns the label of a severity in the profile's words, for example `SEV-1` */
export function severityLabel(profile: Pick<Profile, "severities">, level: Severity): string {
  return profile.severities[level].label;
}

/** @returns the binding that names the rule, or its family before a slash, else the one for `*`, else undefined */
export function detectorBindingFor(profile: Pick<Profile, "detectors">, ruleId: string): DetectorBinding | undefined {
  return (
    profile.detectors.find((binding) => binding.rule === ruleId) ??
    profile.detectors.find((binding) => ruleId.startsWith(`${binding.rule}/`)) ??
    profile.detectors.find((binding) => binding.rule === "*")
  );
}

function isPlainSmtpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return (url.protocol === "smtp:" || url.protocol === "smtps:") && url.password === "" && url.hostname !== "";
}

/** @returns true for the name of an IANA time zone */
export function isTimeZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: value }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
