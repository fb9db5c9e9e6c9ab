import type { Actor } from "@firebreak/protocol";
import type { Selectable } from "kysely";
import { messageOf, toIso } from "../kernel/index.ts";
import type { Clock, Logger } from "../kernel/index.ts";
import type { ApiTokensTable, Database } from "../storage/index.ts";
import type { Authenticator, Caller, Credentials } from "./caller.ts";
import { createUseNotes } from "./note-token-use.ts";
import { SECRET_PATTERN, equalsInConstantTime, hashSecret } from "./secrets.ts";
import { callerOfPerson } from "./sign-in.ts";
import { parseToken } from "./tokens.ts";
import { WEB_SESSION_IDLE_MS } from "./web-sessions.ts";

/** A token that was found good is not looked up again for this long: the longest a revocation takes on other nodes. */
export const TOKEN_CACHE_MS = 5_000;
const TOKENS_CACHED_MAX = 10_000;
/** Use is noted at most this often, so that reading does not write. */
const NOTE_USE_EVERY_MS = 60_000;

const COOKIE = new RegExp(`^${SECRET_PATTERN}$`);

export interface AuthenticatorOptions {
  readonly database: Pick<Database, "kysely">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** the whole text of the token of this machine's command line, from {@link ensureLocalToken}; works without a database */
  readonly localToken: string | null;
}

const USER_NAME_CHARACTERS_MAX = 64;

/** The command line of this machine, in the name of the operating-system user it says to run for. */
function localCaller(user: string | undefined): Caller {
  const name = user === undefined ? "" : printableName(user);
  return {
    actor: { kind: "cli", id: "local", name: name === "" ? "local" : name },
    access: "admin",
    agentId: null,
    sessionId: null,
    webSessionId: null,
  };
}

/** @returns what is printable of a percent-encoded name, cut; empty when it cannot be read */
function printableName(encoded: string): string {
  try {
    const printable = decodeURIComponent(encoded).replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, "");
    return Array.from(printable.trim()).slice(0, USER_NAME_CHARACTERS_MAX).join("");
  } catch {
    return "";
  }
}

type TokenRow = Selectable<ApiTokensTable>;
type Use = Pick<Credentials, "address">;

interface Known {
  readonly row: TokenRow;
  readonly untilMs: number;
}

/** Recognises callers by cookie, API token or the token of this machine. */
export function createAuthenticator(given: AuthenticatorOptions): Authenticator {
  const known = new Map<string, Known>();
  const options: Recognition = { ...given, noteUse: createUseNotes(given) };
  return {
    authenticate: async ({ cookie, bearer, user, address, passive }) => {
      if (bearer !== undefined) return authenticateBearer(options, known, { bearer, user, address });
      if (cookie !== undefined) return authenticateCookie(options, cookie, passive === true ? null : { address });
      return null;
    },
    forgetToken: (id) => void known.delete(id),
  };
}

interface Recognition extends AuthenticatorOptions {
  readonly noteUse: (tokenId: string) => void;
}

async function authenticateBearer(
  options: Recognition,
  known: Map<string, Known>,
  {
    bearer,
    user,
    address,
  }: { readonly bearer: string; readonly user: string | undefined; readonly address: string | undefined },
): Promise<Caller | null> {
  if (options.localToken !== null && equalsInConstantTime(bearer, options.localToken)) return localCaller(user);
  const parsed = parseToken(bearer);
  if (parsed === null) return null;
  const row = await findToken(options, known, parsed.id);
  if (row === undefined || !equalsInConstantTime(hashSecret(parsed.secret), row.secret_hash)) return null;
  const nowMs = options.clock.now();
  if (row.revoked_at !== null || (row.expires_at !== null && row.expires_at.getTime() <= nowMs)) return null;
  await noteTokenAddress(options, known, row, address);
  return callerOfToken(row);
}

async function findToken(options: Recognition, known: Map<string, Known>, id: string): Promise<TokenRow | undefined> {
  const monotonicMs = options.clock.monotonicMs();
  const cached = known.get(id);
  if (cached !== undefined && cached.untilMs > monotonicMs) return cached.row;
  const row = await options.database.kysely
    .selectFrom("api_tokens")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  known.delete(id);
  if (row === undefined || row.revoked_at !== null) return row;
  known.set(id, { row, untilMs: monotonicMs + TOKEN_CACHE_MS });
  const oldest = known.keys().next();
  if (known.size > TOKENS_CACHED_MAX && oldest.done !== true) known.delete(oldest.value);
  const nowMs = options.clock.now();
  if (row.last_used_at === null || nowMs - row.last_used_at.getTime() >= NOTE_USE_EVERY_MS) options.noteUse(row.id);
  return row;
}

function callerOfToken(row: TokenRow): Caller {
  const actor: Actor =
    row.access === "agent" && row.agent_id !== null
      ? { kind: "agent", id: row.agent_id, name: row.agent_id }
      : { kind: "token", id: row.id, name: row.name };
  return { actor, access: row.access, agentId: row.agent_id, sessionId: row.session_id, webSessionId: null };
}

async function authenticateCookie(
  options: AuthenticatorOptions,
  cookie: string,
  use: Use | null,
): Promise<Caller | null> {
  if (!COOKIE.test(cookie)) return null;
  const nowMs = options.clock.now();
  const row = await options.database.kysely
    .selectFrom("web_sessions")
    .innerJoin("users", "users.id", "web_sessions.user_id")
    .select(["web_sessions.id as webSessionId", "web_sessions.last_seen_at", "web_sessions.last_address"])
    .select(["users.id", "users.name", "users.role"])
    .where("web_sessions.secret_hash", "=", hashSecret(cookie))
    .where("web_sessions.expires_at", ">", new Date(nowMs))
    .where("web_sessions.last_seen_at", ">", new Date(nowMs - WEB_SESSION_IDLE_MS))
    .where("users.disabled_at", "is", null)
    .executeTakeFirst();
  if (row === undefined) return null;
  if (use !== null) {
    const address = use.address ?? row.last_address;
    const isNoteDue = nowMs - row.last_seen_at.getTime() >= NOTE_USE_EVERY_MS || address !== row.last_address;
    if (isNoteDue) await noteSessionUse(options, row.webSessionId, nowMs, address);
  }
  return callerOfPerson(row, row.webSessionId);
}

async function noteSessionUse(
  options: AuthenticatorOptions,
  id: string,
  nowMs: number,
  address: string | null,
): Promise<void> {
  await options.database.kysely
    .updateTable("web_sessions")
    .set({ last_seen_at: toIso(nowMs), last_address: address })
    .where("id", "=", id)
    .where("last_seen_at", "<=", new Date(nowMs))
    .execute();
}

/** When a token comes from elsewhere than before, at once: nobody may block that address. Those of agents do not matter. */
async function noteTokenAddress(
  options: AuthenticatorOptions,
  known: Map<string, Known>,
  row: TokenRow,
  address: string | undefined,
): Promise<void> {
  if (address === undefined || address === row.last_address || row.access === "agent") return;
  const cached = known.get(row.id);
  if (cached !== undefined) known.set(row.id, { ...cached, row: { ...row, last_address: address } });
  const noted = options.database.kysely
    .updateTable("api_tokens")
    .set({ last_address: address, last_used_at: toIso(options.clock.now()) })
    .where("id", "=", row.id)
    .execute();
  await noted.catch((fault: unknown) => {
    options.logger.warn("where a token comes from could not be noted", { tokenId: row.id, fault: messageOf(fault) });
  });
}
