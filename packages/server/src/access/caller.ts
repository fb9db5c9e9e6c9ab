import type { Actor, AgentRef, Role } from "@firebreak/protocol";

/** Who calls. An agent's token always names the agent, and mostly the session, it speaks for. */
export interface Caller {
  readonly actor: Actor;
  readonly access: Role | "agent";
  readonly agentId: string | null;
  readonly sessionId: string | null;
  /** the web session, when the cookie brought the caller in; null for a token */
  readonly webSessionId: string | null;
  /** where the request came from; left out where nobody asked over the network */
  readonly address?: string;
}

/** What a request brings to be recognised by. A bearer token that is wrong is not mended by a good cookie. */
export interface Credentials {
  /** the value of the session cookie */
  readonly cookie?: string | undefined;
  /** the token of the Authorization header */
  readonly bearer?: string | undefined;
  /**
   * who says to be at the keyboard (the header X-Firebreak-User, percent-encoded); believed only beside the token of this
   * machine's command line, whose holder could write any name into the home anyway
   */
  readonly user?: string | undefined;
  /** where the request came from: remembered, so that a block of the firewall never cuts off whoever is at work */
  readonly address?: string | undefined;
  /** a check beside the caller's own requests, which does not count as use of the session */
  readonly passive?: boolean;
}

/** @returns the caller, or null when the credentials are missing, unknown, expired or revoked */
export type Authenticate = (credentials: Credentials) => Promise<Caller | null>;

export interface Authenticator {
  readonly authenticate: Authenticate;
  /** Looks a token up anew at its next use. */
  forgetToken(id: string): void;
}

/**
 * An agent's token speaks for its own agent and session and no other.
 *
 * @returns null when the caller may report for that agent, else why not, as a sentence for the rejected line
 */
export function refuseReporter(caller: Caller, agent: AgentRef): string | null {
  if (caller.access !== "agent") return null;
  if (agent.id !== caller.agentId) return `this token reports for the agent ${caller.agentId}, not for ${agent.id}`;
  if (caller.sessionId !== null && agent.session !== undefined && agent.session !== caller.sessionId) {
    return `this token reports for the session ${caller.sessionId}, not for ${agent.session}`;
  }
  return null;
}

/** @returns null when the caller may report for that session, else why not */
export function refuseSession(
  caller: Caller,
  session: { readonly id: string; readonly agentId: string },
): string | null {
  return refuseReporter(caller, { id: session.agentId, session: session.id });
}
