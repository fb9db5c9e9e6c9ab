import type { AccessContext } from "./context.ts";
import type { Caller } from "./caller.ts";

/** @returns the active user of that name as one who calls, or null */
export async function findPerson(
  { database }: Pick<AccessContext, "database">,
  name: string,
): Promise<Pick<Caller, "actor" | "access"> | null> {
  const user = await database.kysely
    .selectFrom("users")
    .select(["id", "name", "role"])
    .where("name", "=", name)
    .where("disabled_at", "is", null)
    .executeTakeFirst();
  return user === undefined ? null : { actor: { kind: "person", id: user.id, name: user.name }, access: user.role };
}
