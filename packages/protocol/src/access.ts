import { z } from "zod";

/** Roles of people and tokens, least first; each may do what the ones before it may. */
export const ROLES = ["viewer", "responder", "commander", "admin"] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;

/** What an endpoint asks for: nobody in particular, an agent's token, a source's key, or a role. */
export type RequiredAccess = "public" | "agent" | "source" | Role;

/** @returns true when somebody with role `held` may do what needs role `needed` */
export function roleAllows(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}
