import { codeOf, FirebreakError, messageOf, OperatorError } from "../kernel/index.ts";

const envHint = "DATABASE_URL=postgres://user:password@host:5432/database";

interface Reading {
  codes: readonly string[];
  describe: (place: string, error: unknown) => OperatorError;
}

const explain = (what: string, remedy: string) => (place: string, error: unknown) =>
  new OperatorError(
    `${what.replace("PLACE", place)} (${messageOf(error) || (codeOf(error) ?? "no answer")}).`,
    remedy,
    { cause: error },
  );

/** SQLSTATEs (PostgreSQL appendix A) and Node's network codes that a person must act on. */
const readings: readonly Reading[] = [
  {
    codes: [
      "ECONNREFUSED",
      "ENOENT",
      "ECONNRESET",
      "EPIPE",
      "ETIMEDOUT",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "CONNECT_TIMEOUT",
    ],
    describe: explain(
      "No PostgreSQL answers at PLACE",
      "Start that server, or correct host and port in DATABASE_URL, or unset it to use the bundled database.",
    ),
  },
  {
    codes: ["ENOTFOUND", "EAI_AGAIN"],
    describe: explain(
      "The host name of PLACE cannot be resolved",
      "Correct the host in DATABASE_URL, or mend name resolution (DNS) on this machine.",
    ),
  },
  {
    codes: ["28P01", "28000"],
    describe: explain(
      "The server at PLACE refused the user or its password",
      "Correct user and password in DATABASE_URL (special characters percent-encoded), or let the user in through pg_hba.conf.",
    ),
  },
  {
    codes: ["3D000"],
    describe: explain(
      "The server at PLACE has no such database",
      "Create it (createdb NAME on that server) or correct the name at the end of DATABASE_URL.",
    ),
  },
  {
    codes: ["42501", "3F000"],
    describe: explain(
      "The user may not do what Firebreak needs in PLACE",
      "Make the user the owner of the database: alter database NAME owner to USER.",
    ),
  },
  {
    codes: ["53300"],
    describe: explain(
      "The server at PLACE has no free connection",
      "Raise max_connections there, or stop other clients. Firebreak needs about 15 connections a node.",
    ),
  },
  {
    codes: ["53100"],
    describe: explain(
      "The disk of the database PLACE is full",
      "Free space on that disk. What was accepted is safe; Firebreak goes on by itself as soon as there is space.",
    ),
  },
  {
    codes: ["57P03"],
    describe: explain("The server at PLACE is starting up or shutting down", "Wait a moment and start again."),
  },
  {
    codes: [
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "CERT_HAS_EXPIRED",
      "ERR_TLS_CERT_ALTNAME_INVALID",
    ],
    describe: explain(
      "The certificate of PLACE is not trusted",
      "Put the authority's certificate in a file and start with NODE_EXTRA_CA_CERTS=FILE, or correct sslmode in DATABASE_URL.",
    ),
  },
];

/**
 * @param place where the database is, without its password
 * @returns an OperatorError with a remedy for what a person must mend, else what was thrown
 */
export function explainDatabaseError(error: unknown, place: string): unknown {
  if (error instanceof OperatorError || error instanceof FirebreakError) return error;
  const code = codeOf(error) ?? codeFromMessage(messageOf(error));
  const reading = readings.find(({ codes }) => codes.includes(code ?? ""));
  return reading === undefined ? error : reading.describe(place, error);
}

/** `pg` reports these without a code. The last is a connection from the pool that broke before it was used. */
function codeFromMessage(message: string): string | undefined {
  if (/timeout exceeded when trying to connect|Connection terminated|is not queryable/i.test(message)) {
    return "CONNECT_TIMEOUT";
  }
  if (/does not support SSL/i.test(message)) return "ERR_TLS_CERT_ALTNAME_INVALID";
  return undefined;
}

/**
 * @returns whether the database cannot be used at this moment and will be again without a change in our program:
 *   restarted, unreachable, disk full, too many connections. Callers may retry.
 */
export function isTransientDatabaseError(error: unknown): boolean {
  const code = codeOf(error) ?? codeFromMessage(messageOf(error)) ?? "";
  return /^(08|53|57P|40)/.test(code) || (readings[0]?.codes.includes(code) ?? false);
}

export { envHint };
