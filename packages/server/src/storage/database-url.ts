import { OperatorError } from "../kernel/index.ts";
import { envHint } from "./database-errors.ts";

/**
 * @returns where a database URL leads, as `host:port/database as user`: what may be shown and logged
 * @throws OperatorError that says what is wrong, never showing the URL, which holds a password
 */
export function describeDatabaseUrl(databaseUrl: string): string {
  const url = parseUrl(databaseUrl);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === "") throw refuse("it names no database after the host", "Add its name");
  if (database.includes("/"))
    throw refuse("there is more than one / after the host", "Percent-encode special characters in user and password");
  const host = url.searchParams.get("host") ?? url.hostname;
  if (host === "") throw refuse("it names no host", "Add host and port");
  const place = host.startsWith("/") ? `${host}/${database}` : `${host}:${url.port || "5432"}/${database}`;
  return url.username === "" ? place : `${place} as ${decodeURIComponent(url.username)}`;
}

function parseUrl(databaseUrl: string): URL {
  const text = databaseUrl.trim();
  if (!/^postgres(ql)?:\/\//i.test(text)) {
    throw refuse("it does not begin with postgres:// or postgresql://", "Only PostgreSQL 15 or newer is supported");
  }
  try {
    const url = new URL(text);
    decodeURIComponent(url.username + url.password + url.pathname);
    return url;
  } catch {
    throw refuse(
      "it cannot be parsed",
      "Percent-encode special characters in user and password (@ is %40, / is %2F, # is %23)",
    );
  }
}

function refuse(problem: string, advice: string): OperatorError {
  return new OperatorError(
    `DATABASE_URL is not usable: ${problem}.`,
    `${advice}. It looks like ${envHint}. Unset it to use the bundled database.`,
  );
}
