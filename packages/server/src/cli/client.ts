import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { readLocalToken } from "../access/index.ts";
import type { Config } from "../kernel/index.ts";
import { OperatorError } from "../kernel/index.ts";
import { EXIT } from "./command.ts";

/** What `firebreak up` leaves in `<home>/server.json` while it runs. */
const serverFile = z.object({ pid: z.number(), url: z.string(), startedAt: z.string() });
export type ServerAddress = z.infer<typeof serverFile>;

const problem = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ where: z.string(), message: z.string() })).optional(),
});

/** The API as the CLI uses it. Every answer is checked against its schema. */
export interface ApiClient {
  /** @returns the server's address, or null when none answers */
  find(): Promise<ServerAddress | null>;
  get<T>(schema: z.ZodType<T>, apiPath: string): Promise<T>;
  post<T>(schema: z.ZodType<T>, apiPath: string, body?: unknown): Promise<T>;
  postRaw<T>(schema: z.ZodType<T>, apiPath: string, contentType: string, body: Buffer): Promise<T>;
  delete(apiPath: string): Promise<void>;
}

const FIND_TIMEOUT_MS = 1500;
const CALL_TIMEOUT_MS = 60_000;

type Fetch = typeof globalThis.fetch;

export function createApiClient(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
  fetchFrom: Fetch,
): ApiClient {
  const find = () => findServer(config, environment, fetchFrom);
  const call = async <T>(schema: z.ZodType<T>, method: string, apiPath: string, payload?: Payload): Promise<T> => {
    const server = await find();
    if (server === null) throw serverDown(config);
    const token = environment["FIREBREAK_TOKEN"] ?? readLocalToken(config.home);
    const response = await fetchFrom(`${server.url}/api/v1${apiPath}`, {
      method,
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(payload === undefined ? {} : { "content-type": payload.contentType }),
      },
      ...(payload === undefined ? {} : { body: payload.body }),
    });
    if (!response.ok) throw await explainProblem(response);
    return schema.parse(response.status === 204 ? null : await response.json());
  };
  const asJson = (body: unknown): Payload => ({ contentType: "application/json", body: JSON.stringify(body) });
  return {
    find,
    get: (schema, apiPath) => call(schema, "GET", apiPath),
    post: (schema, apiPath, body) => call(schema, "POST", apiPath, asJson(body ?? {})),
    postRaw: (schema, apiPath, contentType, body) =>
      call(schema, "POST", apiPath, { contentType, body: new Uint8Array(body) }),
    delete: async (apiPath) => {
      await call(z.unknown(), "DELETE", apiPath);
    },
  };
}

interface Payload {
  readonly contentType: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

function serverDown(config: Config): OperatorError {
  return new OperatorError(
    `Firebreak is not running (nothing answers for ${config.home}).`,
    "Start it with: firebreak up     These work without it: stop, resume, status, evidence verify, doctor",
    { exitCode: EXIT.serverDown },
  );
}

export function readServerFile(home: string): ServerAddress | null {
  const file = path.join(home, "server.json");
  if (!existsSync(file)) return null;
  try {
    return serverFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

async function findServer(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
  fetchFrom: Fetch,
): Promise<ServerAddress | null> {
  const given = environment["FIREBREAK_URL"];
  const address =
    given === undefined ? readServerFile(config.home) : { pid: 0, url: given.replace(/\/$/, ""), startedAt: "" };
  if (address === null) return null;
  try {
    const response = await fetchFrom(`${address.url}/health`, { signal: AbortSignal.timeout(FIND_TIMEOUT_MS) });
    await response.body?.cancel();
    return response.ok ? address : null;
  } catch {
    return null;
  }
}

/** A refusal of the API in the words of its problem detail. */
async function explainProblem(response: Response): Promise<OperatorError> {
  const parsed = problem.safeParse(await response.json().catch(() => null));
  const exitCode =
    response.status === 401 || response.status === 403
      ? EXIT.denied
      : response.status === 404
        ? EXIT.notFound
        : EXIT.failed;
  if (!parsed.success)
    return new OperatorError(`The server answered ${response.status}.`, "See its log.", { exitCode });
  const fields = (parsed.data.errors ?? []).map((field) => `\n  ${field.where}: ${field.message}`).join("");
  return new OperatorError(`${parsed.data.title}: ${parsed.data.detail}${fields}`, remedyFor(response.status), {
    exitCode,
  });
}

function remedyFor(status: number): string {
  if (status === 401) return "Give a token in FIREBREAK_TOKEN, or run this as the user that owns the Firebreak home.";
  if (status === 403) return "Ask somebody with the role for it, or use a token that has it.";
  if (status >= 500) return "Try again; `firebreak doctor` says what is wrong with the installation.";
  return "Correct it and try again.";
}
