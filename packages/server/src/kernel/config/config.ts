import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { OperatorError } from "../errors.ts";
import type { LogLevel } from "../logger.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** How this process runs. Holds no secret except what `databaseUrl` may carry: never log it whole. */
export interface Config {
  /** absolute directory of all state, mode 0700 */
  readonly home: string;
  readonly host: string;
  /** 0 lets the operating system choose */
  readonly port: number;
  /** a `postgres://` address; undefined starts the embedded server */
  readonly databaseUrl: string | undefined;
  readonly profileName: string;
  /** address people reach the console at, without a trailing slash; undefined means host and bound port */
  readonly publicUrl: string | undefined;
  readonly logLevel: LogLevel;
  /** whether the server watches its machine's processor, memory and disk */
  readonly resourceGuard: boolean;
  /** whether archives are made immutable where the file system and our rights allow it */
  readonly immutableEvidence: boolean;
  /** set for the server of a drill: what it may not reach out of */
  readonly sandbox: SandboxConfig | undefined;
}

export interface SandboxConfig {
  readonly folder: string;
  /** `namespaces`: the kernel keeps it apart too */
  readonly isolation: "namespaces" | "folder";
}

/** What command line flags set; a flag wins over the environment. */
export interface ConfigOverrides {
  readonly home?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | number | undefined;
  readonly databaseUrl?: string | undefined;
  readonly profileName?: string | undefined;
  readonly publicUrl?: string | undefined;
  readonly logLevel?: string | undefined;
}

/** What decides the default home. */
export interface ConfigSurroundings {
  readonly isRoot: boolean;
  readonly userHome: string;
  readonly workingDirectory: string;
}

/** @returns the environment of this process; the one place that reads `process.env` */
export function processEnvironment(): Environment {
  return process.env;
}

export function processSurroundings(): ConfigSurroundings {
  return { isRoot: process.getuid?.() === 0, userHome: homedir(), workingDirectory: process.cwd() };
}

const DEFAULT_PORT = 8080;
const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * Reads the configuration: flags first, then FIREBREAK_HOME, PORT, FIREBREAK_HOST, DATABASE_URL, FIREBREAK_PROFILE,
 * FIREBREAK_PUBLIC_URL, FIREBREAK_LOG_LEVEL, FIREBREAK_RESOURCE_GUARD and FIREBREAK_EVIDENCE_IMMUTABLE, then the defaults. An empty variable counts as
 * not set.
 *
 * @throws OperatorError naming the flag or variable that is wrong and what it takes
 */
export function readConfig(
  env: Environment,
  overrides: ConfigOverrides = {},
  surroundings: ConfigSurroundings = processSurroundings(),
): Config {
  return {
    home: homeOf(overrides.home ?? given(env["FIREBREAK_HOME"]), surroundings),
    host: hostOf(overrides.host ?? given(env["FIREBREAK_HOST"])),
    port: portOf(overrides.port ?? given(env["PORT"])),
    databaseUrl: databaseUrlOf(overrides.databaseUrl ?? given(env["DATABASE_URL"])),
    profileName: profileNameOf(overrides.profileName ?? given(env["FIREBREAK_PROFILE"])),
    publicUrl: publicUrlOf(overrides.publicUrl ?? given(env["FIREBREAK_PUBLIC_URL"])),
    logLevel: logLevelOf(overrides.logLevel ?? given(env["FIREBREAK_LOG_LEVEL"])),
    resourceGuard: isOn("FIREBREAK_RESOURCE_GUARD", given(env["FIREBREAK_RESOURCE_GUARD"]) ?? "on"),
    immutableEvidence: isOn("FIREBREAK_EVIDENCE_IMMUTABLE", given(env["FIREBREAK_EVIDENCE_IMMUTABLE"]) ?? "on"),
    sandbox: sandboxOf(given(env["FIREBREAK_SANDBOX"]), given(env["FIREBREAK_SANDBOX_ISOLATION"])),
  };
}

/** @returns the address for links in messages: the configured one, or where the server listens */
export function consoleUrl(config: Pick<Config, "publicUrl" | "host">, boundPort: number): string {
  if (config.publicUrl !== undefined) return config.publicUrl;
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  return `http://${host}:${boundPort}`;
}

function given(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}

function homeOf(value: string | undefined, surroundings: ConfigSurroundings): string {
  if (value !== undefined) return resolve(surroundings.workingDirectory, value);
  return surroundings.isRoot ? "/var/lib/firebreak" : join(surroundings.userHome, ".firebreak");
}

function hostOf(value: string | undefined): string {
  if (value === undefined) return "127.0.0.1";
  if (/^[A-Za-z0-9._:-]{1,255}$/.test(value)) return value;
  throw new OperatorError(
    `The host to listen on is not an address or name: ${JSON.stringify(value)}.`,
    "Give --host or FIREBREAK_HOST as for example 127.0.0.1, ::1 or 0.0.0.0.",
  );
}

function portOf(value: string | number | undefined): number {
  if (value === undefined) return DEFAULT_PORT;
  const port = typeof value === "number" ? value : /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new OperatorError(
    `The port is not a number from 0 to 65535: ${JSON.stringify(value)}.`,
    "Give --port or PORT as for example 8080; 0 takes any free port.",
  );
}

/** Never repeats the value: it may carry a password. */
function databaseUrlOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const protocol = URL.canParse(value) ? new URL(value).protocol : "";
  if (protocol === "postgres:" || protocol === "postgresql:") return value;
  throw new OperatorError(
    "DATABASE_URL is not a PostgreSQL address.",
    "Set it to postgres://USER:PASSWORD@HOST:5432/DATABASE, or unset it to use the embedded server.",
  );
}

function profileNameOf(value: string | undefined): string {
  if (value === undefined) return "ai-empire";
  if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(value)) return value;
  throw new OperatorError(
    `The profile's name is not valid: ${JSON.stringify(value)}.`,
    "Set FIREBREAK_PROFILE to the name of a folder in profiles/, for example ai-empire.",
  );
}

function publicUrlOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const usable = url?.protocol === "http:" || url?.protocol === "https:";
  if (url !== undefined && usable && url.username === "" && url.search === "" && url.hash === "") {
    return url.href.replace(/\/+$/, "");
  }
  throw new OperatorError(
    "FIREBREAK_PUBLIC_URL is not a plain http or https address.",
    "Set it to the address people open the console at, for example https://firebreak.example.org.",
  );
}

function logLevelOf(value: string | undefined): LogLevel {
  if (value === undefined) return "info";
  const level = LOG_LEVELS.find((known) => known === value);
  if (level !== undefined) return level;
  throw new OperatorError(
    `The log level is not known: ${JSON.stringify(value)}.`,
    `Set FIREBREAK_LOG_LEVEL to one of ${LOG_LEVELS.join(", ")}.`,
  );
}

/** Set by drills alone. Whatever is not known for sure is taken for the weaker isolation, which refuses more. */
function sandboxOf(folder: string | undefined, isolation: string | undefined): SandboxConfig | undefined {
  if (folder === undefined) return undefined;
  return { folder: resolve(folder), isolation: isolation === "namespaces" ? "namespaces" : "folder" };
}

function isOn(name: string, value: string): boolean {
  if (value === "on" || value === "off") return value === "on";
  throw new OperatorError(`${name} is neither on nor off: ${JSON.stringify(value)}.`, `Set ${name} to on or off.`);
}
