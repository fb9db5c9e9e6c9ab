import type { Actor, Role } from "@firebreak/protocol";

/** Who calls, as the access room found it. An agent's token always names the agent, and mostly the session, it speaks for. */
export interface Caller {
  readonly actor: Actor;
  readonly access: Role | "agent";
  readonly agentId: string | null;
  readonly sessionId: string | null;
  /** by what the caller was recognised; `webSessionId` when that was the cookie */
  readonly via: "cookie" | "bearer";
  readonly webSessionId: string | null;
}

/** What a request brings to be recognised by. */
export interface Credentials {
  /** the value of the session cookie */
  readonly cookie?: string | undefined;
  /** the token of the Authorization header */
  readonly bearer?: string | undefined;
}

/** @returns the caller, or null when the credentials are unknown, expired or revoked */
export type Authenticate = (credentials: Credentials) => Promise<Caller | null>;
