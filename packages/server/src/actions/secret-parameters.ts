import { z } from "zod";

/** A schema as JSON, as far as it matters where a value that nobody may read back stands. */
const node = z.looseObject({
  writeOnly: z.boolean().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
});

/**
 * Finds the secrets among parameters: those that the effector's schema marks as `writeOnly`.
 *
 * @returns where each stands, as `source/password`
 */
export function findSecretParameters(parameters: z.ZodType, given: unknown): readonly string[] {
  const found = new Set<string>();
  const walk = (schema: unknown, value: unknown, path: readonly string[]) => {
    const parsed = node.safeParse(schema);
    if (!parsed.success || value === undefined) return;
    const { writeOnly, properties = {}, anyOf = [], oneOf = [] } = parsed.data;
    if (writeOnly === true) found.add(path.join("/"));
    for (const choice of [...anyOf, ...oneOf]) walk(choice, value, path);
    if (typeof value !== "object" || value === null) return;
    const members = new Map(Object.entries(value));
    for (const [name, member] of Object.entries(properties)) walk(member, members.get(name), [...path, name]);
  };
  walk(z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" }), given, []);
  return [...found];
}
