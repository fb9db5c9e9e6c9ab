import { ERROR_CODES } from "@firebreak/protocol";
import type { ErrorCode, Problem } from "@firebreak/protocol";
import { z } from "zod";
import { FirebreakError, codeOf } from "../kernel/index.ts";
import { toPointer } from "./parse-input.ts";

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** Sentences for what the HTTP layer refuses before a handler runs, by Fastify's error code. */
const HTTP_FAULTS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ["payload_too_large", "The body is too large. Send less at once."],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["unsupported_media_type", "Send application/json."],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["bad_request", "The body is not as long as Content-Length says."],
  FST_ERR_BAD_URL: ["bad_request", "The address has a percent sign that encodes nothing. Write a percent sign as %25."],
  FST_ERR_MAX_PARAM_LENGTH: ["not_found", "There is nothing under so long a name."],
  ECONNRESET: ["bad_request", "The connection ended before the request was complete."],
};

/** A fault as the API says it. Anything unknown is a fault of ours and tells nothing of its inside. */
export function toFirebreakError(fault: unknown, isStorageFault: (fault: unknown) => boolean): FirebreakError {
  if (fault instanceof FirebreakError) return fault;
  if (fault instanceof z.ZodError) return ofZod(fault);
  const known = HTTP_FAULTS[codeOf(fault) ?? ""];
  if (known !== undefined) return new FirebreakError(known[0], known[1], { cause: fault });
  if (isStorageFault(fault)) {
    return new FirebreakError("storage_unavailable", "The database does not answer. Nothing was changed; try again.", {
      cause: fault,
      retryAfterSeconds: 2,
    });
  }
  return new FirebreakError(
    "internal",
    "Something went wrong inside Firebreak. The log says what, under this request id.",
    {
      cause: fault,
    },
  );
}

/** A verb found wrong what the door let through. */
function ofZod(fault: z.ZodError): FirebreakError {
  const errors = fault.issues
    .slice(0, 50)
    .map((issue) => ({ where: toPointer(issue.path) || "/", message: issue.message }));
  return new FirebreakError("invalid_body", "The body is not valid.", { cause: fault, errors });
}

export function toProblem(fault: FirebreakError, requestId?: string): Problem {
  const { status, title } = ERROR_CODES[fault.code];
  return {
    type: `urn:firebreak:problem:${fault.code}`,
    title,
    status,
    code: fault.code,
    detail: fault.message,
    ...(fault.errors.length === 0 ? {} : { errors: fault.errors }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}
