/** What a request must be before anything else looks at it. Pure decisions over headers. */
import type { IncomingHttpHeaders } from "node:http";
import { parseCookie } from "cookie";
import { roleAllows } from "@firebreak/protocol";
import type { RequiredAccess } from "@firebreak/protocol";
import type { Caller } from "../access/index.ts";
import { FirebreakError } from "../kernel/index.ts";

const HEADERS_MAX = 100;
const LOOPBACK_NAMES: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** @returns whether only this machine can reach a server bound to that host */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** @returns the host names a server answers to, or null for any: only a loopback server knows its names */
export function namesOf(boundHost: string, publicUrl: string | undefined): readonly string[] | null {
  if (!isLoopback(boundHost)) return null;
  const publicName = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
  return [...LOOPBACK_NAMES, boundHost, ...publicName];
}

/** @throws FirebreakError `headers_too_large`, or `bad_request` when Host is there twice */
export function checkHeaders(rawHeaders: readonly string[]): void {
  if (rawHeaders.length / 2 > HEADERS_MAX) {
    throw new FirebreakError("headers_too_large", `Send at most ${HEADERS_MAX} headers.`);
  }
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (name.length === "host".length && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts > 1) throw new FirebreakError("bad_request", "Send one Host header.");
}

/**
 * A page elsewhere can point its own name at this machine (DNS rebinding): a loopback server answers to its own names only.
 *
 * @throws FirebreakError `cross_origin`
 */
export function checkHost(headers: IncomingHttpHeaders, names: readonly string[] | null): void {
  if (names === null) return;
  const name = (headers.host ?? "").toLowerCase().replace(/:\d*$/, "");
  if (names.includes(name)) return;
  throw new FirebreakError(
    "cross_origin",
    `This server does not answer to the host name in the request. Use ${names[0]}, or start it with a public URL of that name.`,
  );
}

/**
 * A cookie goes along with what any page makes the browser send. A change therefore needs proof that our own page asks;
 * a token in the Authorization header is proof by itself.
 *
 * @throws FirebreakError `cross_origin`
 */
export function checkSameOrigin(headers: IncomingHttpHeaders, publicUrl: string | undefined): void {
  if (headers.authorization !== undefined) return;
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  if (origin !== undefined ? isOwnOrigin(origin, headers.host, publicUrl) : site === "same-origin") return;
  if (origin === undefined && site === undefined && sessionCookieOf(headers) === undefined) return;
  throw new FirebreakError(
    "cross_origin",
    "The browser says that another site makes this request. Use the console at its own address, or an API token.",
  );
}

function isOwnOrigin(origin: string, host: string | undefined, publicUrl: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const asked = new URL(origin);
  if (asked.protocol !== "http:" && asked.protocol !== "https:") return false;
  if (publicUrl !== undefined && asked.origin === new URL(publicUrl).origin) return true;
  return host !== undefined && asked.host === new URL(`${asked.protocol}//${host}`).host;
}

export const SESSION_COOKIE = "firebreak_session";

/** @returns the value of the session's cookie, or undefined */
export function sessionCookieOf(headers: IncomingHttpHeaders): string | undefined {
  return headers.cookie === undefined ? undefined : parseCookie(headers.cookie)[SESSION_COOKIE];
}

/** @returns the token of `Authorization: Bearer`, or undefined */
export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  if (headers.authorization === undefined) return undefined;
  return /^bearer +(\S+) *$/i.exec(headers.authorization)?.[1] ?? "";
}

/**
 * What `agent` asks, an agent's token has, and so has every responder: people and their tools may send telemetry too.
 *
 * @throws FirebreakError `unauthenticated`, or `forbidden` with the role that is needed
 */
export function authorize(caller: Caller | null, needed: Exclude<RequiredAccess, "public" | "source">): Caller {
  if (caller === null) {
    throw new FirebreakError("unauthenticated", "Sign in, or send an API token: Authorization: Bearer fbk_…");
  }
  if (caller.access === "agent") {
    if (needed === "agent") return caller;
    throw new FirebreakError("forbidden", "An agent's token may only report for its own agent and session.");
  }
  const role = needed === "agent" ? "responder" : needed;
  if (roleAllows(caller.access, role)) return caller;
  throw new FirebreakError("forbidden", `This needs the role ${role}; yours is ${caller.access}.`);
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** On every answer. */
const ANSWER_HEADERS = { "x-content-type-options": "nosniff" } as const;

/** For what a browser may show; a program with a token is no browser, and telemetry should not pay for them. */
const PAGE_HEADERS = {
  ...ANSWER_HEADERS,
  "content-security-policy": POLICY,
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
} as const;

export function securityHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return headers.authorization === undefined ? PAGE_HEADERS : ANSWER_HEADERS;
}
