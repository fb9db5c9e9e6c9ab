export { createAttemptLimit } from "./attempt-limit.ts";
export type { AttemptLimit, AttemptLimitOptions } from "./attempt-limit.ts";
export { TOKEN_CACHE_MS, createAuthenticator } from "./authenticator.ts";
export type { AuthenticatorOptions } from "./authenticator.ts";
export { refuseReporter, refuseSession } from "./caller.ts";
export type { Authenticate, Authenticator, Caller, Credentials } from "./caller.ts";
export type { AccessContext } from "./context.ts";
export {
  newSignInLinkRequest,
  newTokenRequest,
  newUserRequest,
  passwordRequest,
  signInLinkRequest,
  signInRequest,
} from "./inputs.ts";
export type {
  NewSignInLinkRequest,
  NewTokenRequest,
  NewUserRequest,
  PasswordRequest,
  SignInLinkRequest,
  SignInRequest,
} from "./inputs.ts";
export { findPerson } from "./find-person.ts";
export { personBehind } from "./person-behind.ts";
export { ensureLocalToken, localTokenFile, readLocalToken } from "./local-token.ts";
export { createPasswordHasher } from "./passwords.ts";
export type { PasswordHasher } from "./passwords.ts";
export { equalsInConstantTime, hashSecret, newSecret } from "./secrets.ts";
export { SIGN_IN_LINK_MS, issueSignInLink, signIn, signInByLink, signOut } from "./sign-in.ts";
export type { SignedInPerson } from "./sign-in.ts";
export { createSessionToken, createToken, listTokens, revokeSessionTokens, revokeToken } from "./tokens.ts";
export {
  OWNER_NAME,
  createUser,
  disableUser,
  ensureOwner,
  isPasswordNeeded,
  listUsers,
  resetPassword,
  setPassword,
} from "./users.ts";
export { WEB_SESSION_ABSOLUTE_MS, WEB_SESSION_IDLE_MS } from "./web-sessions.ts";
export { listOperatorAddresses } from "./operator-addresses.ts";
