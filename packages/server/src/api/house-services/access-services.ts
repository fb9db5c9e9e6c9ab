import type { MeView } from "@firebreak/protocol";
import {
  OWNER_NAME,
  createToken,
  createUser,
  isPasswordNeeded,
  issueSignInLink,
  listTokens,
  listUsers,
  resetPassword,
  revokeToken,
  setPassword,
  signIn,
  signInByLink,
  signOut,
} from "../../access/index.ts";
import type { Caller, SignedInPerson } from "../../access/index.ts";
import { contextFor, DAEMON } from "../../app/index.ts";
import type { House } from "../../app/index.ts";
import { toIso } from "../../kernel/index.ts";
import type { ApiServices, SignedIn } from "../services.ts";

type AccessServices = Pick<
  ApiServices,
  | "signIn"
  | "signInByLink"
  | "createSignInLink"
  | "signOut"
  | "getMe"
  | "setPassword"
  | "listUsers"
  | "createUser"
  | "listTokens"
  | "createToken"
  | "revokeToken"
>;

export function accessServices(house: House): AccessServices {
  const as = (caller: Caller) => contextFor(house, caller.actor);
  const viewMe = async (caller: Caller): Promise<MeView> => ({
    actor: caller.actor,
    access: caller.access,
    passwordNeeded: await isPasswordNeeded(as(caller), caller),
    profile: house.profile.name,
    version: house.version,
  });
  const welcome = async (person: SignedInPerson): Promise<SignedIn> => ({
    cookie: person.session.cookie,
    expiresAtMs: person.session.expiresAtMs,
    me: await viewMe(person.caller),
  });
  const nobody = () => contextFor(house, DAEMON);
  return {
    signIn: async (request, address) => welcome(await signIn(nobody(), { ...request, address })),
    signInByLink: async (request, address) => welcome(await signInByLink(nobody(), { ...request, address })),
    createSignInLink: async (caller, { name = OWNER_NAME, resetPassword: isForgotten }) => {
      if (isForgotten === true) await resetPassword(as(caller), { name });
      const { token, expiresAtMs } = await issueSignInLink(as(caller), { name });
      return { name, url: `${house.consoleUrl()}/sign-in#link=${token}`, expiresAt: toIso(expiresAtMs) };
    },
    signOut: (caller) => signOut(as(caller), caller),
    getMe: viewMe,
    setPassword: async (caller, request) => {
      await setPassword(as(caller), { ...request, caller, address: caller.actor.id });
      return viewMe(caller);
    },
    listUsers: async () => ({ items: await listUsers(house), next: null }),
    createUser: (caller, request) => createUser(as(caller), request),
    listTokens: (_caller, query) => listTokens(house, query),
    createToken: (caller, request) => createToken(as(caller), request),
    revokeToken: async (caller, request) => {
      await revokeToken(as(caller), request);
    },
  };
}
