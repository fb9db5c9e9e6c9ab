import { Readable } from "node:stream";
import { z } from "zod";
import { readLocalToken } from "../access/index.ts";
import type { Config } from "../kernel/index.ts";
import { codeOf, messageOf, OperatorError } from "../kernel/index.ts";
import { EXIT } from "./exit-codes.ts";
import { printable } from "./printable.ts";
import { readServerFile } from "./server-file.ts";
import type { ServerAddress } from "./server-file.ts";

const problem = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ where: z.string(), message: z.string() })).optional(),
});

/** The API as the CLI uses it. Every answer is checked against its schema. */
export interface ApiClient {
  /** @returns the server's address, or null when none answers */
  readonly find: () => Promise<ServerAddress | null>;
  /** @returns the token to show to that server; the one of this machine goes to this home's own server alone */
  readonly tokenFor: (server: ServerAddress) => string | null;
  readonly get: <T>(schema: z.ZodType<T>, apiPath: string) => Promise<T>;
  readonly post: <T>(schema: z.ZodType<T>, apiPath: string, body?: unknown, timeoutMs?: number) => Promise<T>;
  readonly postRaw: <T>(schema: z.ZodType<T>, apiPath: string, contentType: string, body: Uint8Array) => Promise<T>;
  readonly put: <T>(schema: z.ZodType<T>, apiPath: string, body: unknown) => Promise<T>;
  /** @returns the bytes of a file as they come */
  readonly download: (apiPath: string) => Promise<AsyncIterable<Uint8Array>>;
  readonly delete: (apiPath: string) => Promise<void>;
}

/** No server answers, or the one that does cannot do its work: what can be done without it may be done. */
export class ServerUnusableError extends OperatorError {}

/** The API's refusal, with what it names. */
export class RefusedError extends OperatorError {
  readonly code: string;
  readonly errors: readonly { readonly where: string; readonly message: string }[];

  constructor(message: string, remedy: string, refusal: Pick<RefusedError, "code" | "errors" | "exitCode">) {
    super(message, remedy, { exitCode: refusal.exitCode });
    this.code = refusal.code;
    this.errors = refusal.errors;
  }
}

export interface ClientOptions {
  readonly config: Pick<Config, "home">;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly fetchFrom: typeof globalThis.fetch;
  /** the operating-system user, in whose name the server records what is done */
  readonly userName: string;
}

const FIND_TIMEOUT_MS = 1500;
const CALL_TIMEOUT_MS = 60_000;
/** A file of tens of millions of events takes its time; the server ends what nobody reads. */
const DOWNLOAD_TIMEOUT_MS = 24 * 60 * 60_000;

interface Call {
  readonly method: string;
  readonly apiPath: string;
  readonly contentType?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly timeoutMs?: number;
}

export function createApiClient(options: ClientOptions): ApiClient {
  const call = async <T>(schema: z.ZodType<T>, request: Call): Promise<T> => {
    const server = await findServer(options);
    if (server === null) throw serverDown(options);
    const response = await send(options, server, request);
    if (!response.ok) throw await explainProblem(response);
    const answer = schema.safeParse(response.status === 204 ? null : await response.json().catch(() => undefined));
    if (answer.success) return answer.data;
    throw new OperatorError(
      `${server.url} answered ${request.method} ${request.apiPath} in a form that this command does not know.`,
      "Use the same version of Firebreak here and there (firebreak --version).",
    );
  };
  const download = async (apiPath: string): Promise<AsyncIterable<Uint8Array>> => {
    const server = await findServer(options);
    if (server === null) throw serverDown(options);
    const response = await send(options, server, { method: "GET", apiPath, timeoutMs: DOWNLOAD_TIMEOUT_MS });
    if (!response.ok) throw await explainProblem(response);
    return response.body ?? Readable.from([]);
  };
  const asJson = { method: "POST", contentType: "application/json" } as const;
  return {
    find: () => findServer(options),
    tokenFor: (server) => tokenFor(options, server),
    get: (schema, apiPath) => call(schema, { method: "GET", apiPath }),
    post: (schema, apiPath, body, timeoutMs = CALL_TIMEOUT_MS) =>
      call(schema, { ...asJson, apiPath, body: JSON.stringify(body ?? {}), timeoutMs }),
    postRaw: (schema, apiPath, contentType, body) =>
      call(schema, { method: "POST", apiPath, contentType, body: new Uint8Array(body) }),
    put: (schema, apiPath, body) => call(schema, { ...asJson, method: "PUT", apiPath, body: JSON.stringify(body) }),
    download,
    delete: async (apiPath) => {
      await call(z.unknown(), { method: "DELETE", apiPath });
    },
  };
}

async function send(options: ClientOptions, server: ServerAddress, request: Call): Promise<Response> {
  const { method, apiPath, contentType, body, timeoutMs = CALL_TIMEOUT_MS } = request;
  const token = tokenFor(options, server);
  try {
    return await options.fetchFrom(`${server.url}/api/v1${apiPath}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
      headers: {
        "x-firebreak-user": encodeURIComponent(options.userName.toWellFormed()),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(contentType === undefined ? {} : { "content-type": contentType }),
      },
      ...(body === undefined ? {} : { body }),
    });
  } catch (fault) {
    throw new ServerUnusableError(
      `${server.url} did not answer ${method} ${apiPath}: ${reasonOf(fault, timeoutMs)}.`,
      "See the server's log and `firebreak doctor`. These work without it: stop, resume, status.",
      { cause: fault, exitCode: EXIT.serverDown },
    );
  }
}

function reasonOf(fault: unknown, timeoutMs: number): string {
  if (fault instanceof Error && fault.name === "TimeoutError") return `nothing within ${timeoutMs / 1000} s`;
  const cause = fault instanceof Error ? fault.cause : undefined;
  return codeOf(cause) ?? (cause === undefined ? messageOf(fault) : messageOf(cause));
}

/** A token for one server is a secret that another server must not see. */
function tokenFor({ config, environment }: ClientOptions, server: ServerAddress): string | null {
  const given = environment["FIREBREAK_TOKEN"];
  if (given !== undefined && given !== "") return given;
  return readServerFile(config.home)?.url === server.url ? readLocalToken(config.home) : null;
}

function serverDown({ config, environment }: ClientOptions): OperatorError {
  const elsewhere = environment["FIREBREAK_URL"];
  return elsewhere === undefined || elsewhere === ""
    ? new ServerUnusableError(
        `Firebreak is not running (nothing answers for ${config.home}).`,
        "Start it with: firebreak up\nThese work without it: stop, resume, status, evidence collect, evidence verify, doctor.",
        { exitCode: EXIT.serverDown },
      )
    : new ServerUnusableError(
        `No Firebreak answers at FIREBREAK_URL (${printable(elsewhere)}).`,
        "Correct or unset FIREBREAK_URL, or start the server there.",
        { exitCode: EXIT.serverDown },
      );
}

function addressOf({ config, environment }: ClientOptions): ServerAddress | null {
  const given = environment["FIREBREAK_URL"];
  if (given === undefined || given === "") return readServerFile(config.home);
  return { pid: 0, url: given.replace(/\/+$/, ""), startedAt: "" };
}

async function findServer(options: ClientOptions): Promise<ServerAddress | null> {
  const address = addressOf(options);
  if (address === null) return null;
  try {
    const init = { signal: AbortSignal.timeout(FIND_TIMEOUT_MS), redirect: "error" } as const;
    const response = await options.fetchFrom(`${address.url}/health`, init);
    await response.body?.cancel();
    return response.ok ? address : null;
  } catch {
    return null;
  }
}

/** A refusal of the API in the words of its problem detail. */
async function explainProblem(response: Response): Promise<OperatorError> {
  const { status } = response;
  const exitCode = exitCodeOf(status);
  const parsed = problem.safeParse(await response.json().catch(() => null));
  if (!parsed.success) {
    const message = `The server answered ${status} without saying why.`;
    return status >= 500
      ? new ServerUnusableError(message, "See its log.", { exitCode })
      : new OperatorError(message, "See its log, and check that FIREBREAK_URL names a Firebreak.", { exitCode });
  }
  const { code, title, detail, errors = [] } = parsed.data;
  const fields = errors.map((field) => `\n  ${printable(field.where)}: ${printable(field.message)}`).join("");
  const message = `${printable(title)}: ${printable(detail)}${fields}`;
  return status >= 500
    ? new ServerUnusableError(message, remedyFor(status), { exitCode })
    : new RefusedError(message, remedyFor(status), { code, errors, exitCode });
}

function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.denied;
  return status === 404 ? EXIT.notFound : EXIT.failed;
}

function remedyFor(status: number): string {
  if (status === 401) return "Give a token in FIREBREAK_TOKEN, or run this as the user that owns the Firebreak home.";
  if (status === 403) return "Ask somebody with the role for it, or use a token that has it.";
  if (status === 404) return "Check the id: the list commands and `firebreak status` show what there is.";
  if (status === 429) return "Wait a moment and try again.";
  if (status >= 500) return "Try again; `firebreak doctor` says what is wrong with the installation.";
  return "Correct it and try again.";
}
