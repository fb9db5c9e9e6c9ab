import { codeOf, messageOf } from "../../../kernel/index.ts";

/** What the system says when nothing was found out about a service: the way to it, or its name, is the matter. */
const NO_WAY = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "EACCES",
  "EPERM",
]);

/** @returns true when a service could not be asked at all, and so may be well; a refused connection is an answer */
export function isNoAnswer(fault: unknown): boolean {
  return NO_WAY.has(codeOf(fault) ?? "");
}

/** What the system said, in words; never an address with a password. */
export function wordsOf(fault: unknown): string {
  switch (codeOf(fault) ?? "") {
    case "ECONNREFUSED":
      return "it refused the connection: nothing listens there";
    case "ECONNRESET":
    case "EPIPE":
      return "it closed the connection before it answered";
    case "ENOENT":
      return "there is no such socket: nothing listens there";
    default:
      return messageOf(fault);
  }
}
