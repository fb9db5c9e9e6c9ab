import type { IncomingHttpHeaders } from "node:http";
import type { FirebreakError } from "../kernel/index.ts";
import type { SenderContext } from "./context.ts";

/** A request of another vendor's sender, as it came over the wire. */
export interface WireRequest {
  readonly headers: IncomingHttpHeaders;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  /** the peer's address */
  readonly address: string;
  /** @throws FirebreakError `bad_request` when the body is not JSON in UTF-8 */
  readonly json: () => unknown;
}

/** What the vendor itself would answer. */
export interface WireAnswer {
  readonly status: number;
  /** sent as JSON; left out: no body */
  readonly body?: unknown;
  /** sent as plain text instead */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One address of a vendor's API, served where its senders look for it. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "OPTIONS";
  /** `:name` stands for one segment */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** what the answer is when all goes well */
  readonly status: number;
  readonly bodyBytesMax: number;
  /** who may call: a source's key, or an API token of this role; null: anybody */
  readonly access: "source" | "viewer" | "responder" | null;
  answer(ctx: SenderContext, request: WireRequest): Promise<WireAnswer>;
  /** How this vendor words a refusal or a fault. A fault that may pass is never said as one that will not. */
  refuse(fault: FirebreakError): WireAnswer;
}

export const KIB = 1024;
export const MIB = 1024 * KIB;
