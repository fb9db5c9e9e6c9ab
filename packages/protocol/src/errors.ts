/**
 * Every error that crosses a door, as a problem detail (RFC 9457). The code is stable; the title says what kind of
 * fault it is; the `detail` of one occurrence says what happened, where, and what to do.
 */
export const ERROR_CODES = {
  bad_request: { status: 400, title: "The request cannot be read" },
  invalid_body: { status: 422, title: "The request's content is not valid" },
  unauthenticated: { status: 401, title: "Sign in first" },
  sign_in_failed: { status: 401, title: "The name, password or link is not right" },
  forbidden: { status: 403, title: "Your role does not allow this" },
  cross_origin: { status: 403, title: "The request comes from another site" },
  not_found: { status: 404, title: "There is no such thing here" },
  method_not_allowed: { status: 405, title: "This address does not take that method" },
  conflict: { status: 409, title: "The state has changed or does not allow this" },
  payload_too_large: { status: 413, title: "The request is too large" },
  unsupported_media_type: { status: 415, title: "The content type is not supported" },
  headers_too_large: { status: 431, title: "The request's headers are too large" },
  too_many_requests: { status: 429, title: "Too many requests; wait and try again" },
  internal: { status: 500, title: "Firebreak failed; this is a fault of ours" },
  storage_unavailable: { status: 503, title: "The database does not answer" },
  shutting_down: { status: 503, title: "Firebreak is stopping" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One field that is wrong: where (`/agent/id` as a JSON pointer, `line 3` in a batch), and how to mend it. */
export interface FieldError {
  readonly where: string;
  readonly message: string;
}

/** The body of every error answer, media type `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly requestId?: string;
}
