import type { AgentEvent, RedactionCategory } from "@firebreak/protocol";

/** The event type of the runbooks for an event that personal data was taken out of. */
export const PII_REDACTED = "pii.redacted";

const SECRETS: ReadonlySet<RedactionCategory> = new Set<RedactionCategory>(["KEY", "PWD"]);

/**
 * What the intake found in an event, as fields for rules: they judge that a secret was there and where, and never see
 * it. Null when nothing was found.
 */
export function presentRedaction({ redacted = [] }: AgentEvent): Readonly<Record<string, unknown>> | null {
  if (redacted.length === 0) return null;
  const secrets = redacted.filter(({ category }) => SECRETS.has(category));
  const personal = redacted.filter(({ category }) => !SECRETS.has(category));
  const sum = (facts: typeof redacted) => facts.reduce((total, { count }) => total + count, 0);
  const unique = (values: readonly string[]) => [...new Set(values)];
  return {
    "redacted.secret": secrets.length > 0,
    "redacted.pii": personal.length > 0,
    "redacted.types": unique(redacted.map(({ type }) => type)),
    "redacted.categories": unique(redacted.map(({ category }) => category)),
    "redacted.paths": unique(redacted.map(({ path }) => path)),
    "redacted.secret_paths": unique(secrets.map(({ path }) => path)),
    "redacted.pii_paths": unique(personal.map(({ path }) => path)),
    "redacted.count": sum(redacted),
    "redacted.pii_count": sum(personal),
  };
}

/** @returns whether personal data was found */
export function holdsPersonalData({ redacted = [] }: AgentEvent): boolean {
  return redacted.some(({ category }) => !SECRETS.has(category));
}
