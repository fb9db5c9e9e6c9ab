import type { ErrorCode, FieldError } from "@firebreak/protocol";

/** A fault with a stable code. The message says what happened, where, and what to do about it. */
export class FirebreakError extends Error {
  override readonly name = "FirebreakError";
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  /** when it makes sense to try again; the HTTP door says it as Retry-After */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; errors?: readonly FieldError[]; retryAfterSeconds?: number },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options?.errors ?? [];
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/**
 * A fault of the surroundings that a person at the keyboard must mend (port taken, disk full, wrong file). The CLI
 * prints `message` and `remedy` without a stack and ends with `exitCode`.
 */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly remedy: string;
  readonly exitCode: number;

  constructor(message: string, remedy: string, options?: { cause?: unknown; exitCode?: number }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.remedy = remedy;
    this.exitCode = options?.exitCode ?? 1;
  }
}

/** @returns the message of whatever was thrown */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** @returns the `code` of a Node or PostgreSQL error, or undefined */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
