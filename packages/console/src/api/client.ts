import type { FieldError, Problem } from "@firebreak/protocol";
import createClient from "openapi-fetch";
import type { paths } from "./paths.generated.ts";

/** The one door to the server: typed by the committed OpenAPI document, authenticated by the session cookie. */
export const client = createClient<paths>({ baseUrl: "", credentials: "same-origin" });

const UNREACHABLE: Problem = {
  type: "about:blank",
  title: "The Firebreak server does not answer",
  status: 0,
  code: "internal",
  detail:
    "Check that `firebreak up` is running and that this device reaches it. Stops work without the server: run " +
    "`firebreak stop --global --reason TEXT` on the agents' host.",
};

const NOT_FETCHED: Problem = {
  ...UNREACHABLE,
  title: "This page could not be fetched",
  detail: "The server does not answer, or it was updated while this tab stood open. Load the page again.",
};

/** A request that did not succeed, with the server's problem detail (RFC 9457). Status 0 means nobody answered. */
export class ApiFault extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiFault";
    this.problem = problem;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value["where"] === "string" && typeof value["message"] === "string";
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value : otherwise;
}

/** Reads whatever came back as a problem, however little of one it is (a proxy may have answered). */
function readProblem(body: unknown, response: Response): Problem {
  const given = isRecord(body) ? body : {};
  const errors = Array.isArray(given["errors"]) ? given["errors"].filter(isFieldError) : [];
  const requestId = given["requestId"];
  return {
    type: textOf(given["type"], "about:blank"),
    title: textOf(given["title"], `The server answered ${response.status}`),
    status: response.status,
    code: response.status === 401 ? "unauthenticated" : "internal",
    detail: textOf(given["detail"], response.statusText || "It gave no reason."),
    ...(errors.length > 0 ? { errors } : {}),
    ...(typeof requestId === "string" ? { requestId } : {}),
  };
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

async function settle<T>(call: Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await call;
  } catch {
    throw new ApiFault(UNREACHABLE);
  }
}

/** @returns the answer's body; @throws ApiFault for every answer that is not a success, and for none at all */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await settle(call);
  if (!response.ok || data === undefined) throw new ApiFault(readProblem(error, response));
  return data;
}

/** For calls that answer without a body. */
export async function expectDone(call: Promise<Answer<unknown>>): Promise<null> {
  const { error, response } = await settle(call);
  if (!response.ok) throw new ApiFault(readProblem(error, response));
  return null;
}

/** How browsers say that a piece of script did not come. */
const SCRIPT_MISSING = /dynamically imported module|importing a module script failed/i;

/** @returns the problem behind anything that was thrown */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiFault) return error.problem;
  if (error instanceof Error && SCRIPT_MISSING.test(error.message)) return NOT_FETCHED;
  return {
    ...UNREACHABLE,
    title: "The console failed",
    detail: error instanceof Error ? error.message : String(error),
  };
}
