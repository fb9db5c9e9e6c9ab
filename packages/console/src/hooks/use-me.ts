import { createContext, useContext } from "react";
import { type MeView, type Role, ROLES, roleAllows } from "@firebreak/protocol";
import { sayRefusal } from "./use-commands.ts";

export const MeContext = createContext<MeView | null>(null);

/** Who is signed in. @throws outside the signed-in part of the console */
export function useMe(): MeView {
  const me = useContext(MeContext);
  if (me === null) throw new Error("useMe is for pages behind the sign-in");
  return me;
}

/** @returns why the signed-in person may not do what needs this role, or null when they may */
export function useRefusal(needed: Role): string | null {
  const { access } = useMe();
  const held = ROLES.find((role) => role === access);
  return held !== undefined && roleAllows(held, needed) ? null : sayRefusal(needed, access);
}
