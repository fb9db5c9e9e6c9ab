import { actor as actorSchema } from "@firebreak/protocol";
import type { Actor } from "@firebreak/protocol";
import type { AccessContext } from "./context.ts";
import { OWNER_NAME } from "./users.ts";

/** A token is made by a person; one made by a token would be made by whoever made that one. */
const TOKENS_DEEP_MAX = 5;

/**
 * @returns the name of the person who stands behind an actor, also behind a token that they made; null when a machine acts by
 *   itself
 */
export async function personBehind(kysely: AccessContext["database"]["kysely"], actor: Actor): Promise<string | null> {
  let current: Actor = actor;
  for (let depth = 0; depth < TOKENS_DEEP_MAX; depth++) {
    if (current.kind === "person") return current.name;
    if (current.kind === "cli") return OWNER_NAME;
    if (current.kind !== "token") return null;
    const token = await kysely
      .selectFrom("api_tokens")
      .select("created_by")
      .where("id", "=", current.id)
      .executeTakeFirst();
    const maker = actorSchema.safeParse(token?.created_by);
    if (!maker.success) return null;
    current = maker.data;
  }
  return null;
}
