import { entityName, role } from "@firebreak/protocol";
import { z } from "zod";

export const PASSWORD_CHARACTERS_MIN = 12;
/** Keeps what has to be hashed small. */
const PASSWORD_CHARACTERS_MAX = 1024;

const newPassword = z
  .string()
  .min(PASSWORD_CHARACTERS_MIN, `use ${PASSWORD_CHARACTERS_MIN} characters or more`)
  .max(PASSWORD_CHARACTERS_MAX);
const knownPassword = z.string().min(1).max(PASSWORD_CHARACTERS_MAX);

/** Names of people are kept in small letters, so that Owner and owner are one. */
const userName = z
  .string()
  .trim()
  .toLowerCase()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._@-]*$/, "use letters, digits and . _ @ -, beginning with a letter or digit");

export const signInRequest = z.strictObject({
  name: z.string().trim().toLowerCase().min(1).max(64),
  password: knownPassword,
});
export type SignInRequest = z.infer<typeof signInRequest>;

export const signInLinkRequest = z.strictObject({ token: z.string().min(1).max(256) });
export type SignInLinkRequest = z.infer<typeof signInLinkRequest>;

/** For whom a sign-in link is made; left out, for the owner. With `resetPassword` the forgotten one is taken away first. */
export const newSignInLinkRequest = z.strictObject({
  name: z.string().trim().toLowerCase().min(1).max(64).optional(),
  resetPassword: z.boolean().optional(),
});
export type NewSignInLinkRequest = z.infer<typeof newSignInLinkRequest>;

/** `currentPassword` is needed once a password is set. */
export const passwordRequest = z.strictObject({ password: newPassword, currentPassword: knownPassword.optional() });
export type PasswordRequest = z.infer<typeof passwordRequest>;

export const newUserRequest = z.strictObject({ name: userName, role, password: newPassword });
export type NewUserRequest = z.infer<typeof newUserRequest>;

/** An agent's token names the agent it may speak for; other tokens carry a role. */
export const newTokenRequest = z
  .strictObject({
    name: z.string().trim().min(1).max(128),
    access: z.union([role, z.literal("agent")]),
    agentId: entityName.optional(),
    expiresInDays: z.number().int().min(1).max(3650).optional(),
  })
  .refine((request) => (request.access === "agent") === (request.agentId !== undefined), {
    message: "a token with the access agent needs the agentId it speaks for; other tokens have none",
    path: ["agentId"],
  });
export type NewTokenRequest = z.infer<typeof newTokenRequest>;
