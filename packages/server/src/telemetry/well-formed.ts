import type { AgentEventInput } from "@firebreak/protocol";

/**
 * Replaces halves of surrogate pairs by U+FFFD where the schema lets them pass. Replaced rather than refused: an agent
 * must not be able to hide an act by putting a broken character into it.
 */
export function replaceLoneSurrogates(event: AgentEventInput): AgentEventInput {
  const { resource, data, ...rest } = event;
  return {
    ...rest,
    ...(resource === undefined ? {} : { resource: resource.toWellFormed() }),
    ...(data === undefined ? {} : { data: mendObject(data) }),
  };
}

type Json = NonNullable<AgentEventInput["data"]>[string];

function mendObject(value: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), mend(member)]));
}

function mend(value: Json): Json {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map((item) => mend(item));
  return typeof value === "object" && value !== null ? mendObject(value) : value;
}
