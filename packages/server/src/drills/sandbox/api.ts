import { readFileSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { fetchLoopback } from "./fetch-loopback.ts";

/** The API of the sandbox's own Firebreak, as its command line or as one of its persons. */
export interface SandboxApi {
  readonly url: string;
  readonly get: <T>(schema: z.ZodType<T>, apiPath: string) => Promise<T>;
  readonly post: <T>(schema: z.ZodType<T>, apiPath: string, body?: unknown) => Promise<T>;
}

/** The API said no. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const CALL_TIMEOUT_MS = 30_000;
const COOKIE_NAME = "firebreak_session";

/** As the command line of that home. */
export function apiOfHome(home: string, url: string): SandboxApi {
  const token = readFileSync(path.join(home, "secrets/cli-token"), "utf8").trim();
  return apiWith(url, { authorization: `Bearer ${token}` });
}

/** As a person who signs in with a pass phrase. */
export async function signIn(
  url: string,
  person: { readonly name: string; readonly password: string },
): Promise<SandboxApi> {
  const response = await fetchLoopback(`${url}/api/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(person),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  await response.body?.cancel();
  const cookie = response.headers.getSetCookie().find((one) => one.startsWith(`${COOKIE_NAME}=`));
  if (!response.ok || cookie === undefined) {
    throw new ApiRefusal(`${person.name} cannot sign in (${response.status})`, response.status);
  }
  return apiWith(url, { cookie: cookie.split(";", 1)[0] ?? "", origin: url });
}

function apiWith(url: string, identity: Readonly<Record<string, string>>): SandboxApi {
  const call = async <T>(schema: z.ZodType<T>, method: "GET" | "POST", apiPath: string, body?: unknown): Promise<T> => {
    const response = await fetchLoopback(`${url}/api/v1${apiPath}`, {
      method,
      headers: { ...identity, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok)
      throw new ApiRefusal(`${method} ${apiPath} answered ${response.status}: ${text}`, response.status);
    return schema.parse(text === "" ? null : JSON.parse(text));
  };
  return {
    url,
    get: (schema, apiPath) => call(schema, "GET", apiPath),
    post: (schema, apiPath, body = {}) => call(schema, "POST", apiPath, body),
  };
}
