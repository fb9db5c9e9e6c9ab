import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";

const headerName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[a-z0-9-]+$/i, "use the name of a header, such as X-Hub-Signature-256")
  .toLowerCase();

/** How a sender signs its bodies: HMAC-SHA256 with a secret that both sides know. */
export const signatureScheme = z.strictObject({
  header: headerName,
  /** what stands before the signature in that header, such as `sha256=` */
  prefix: z.string().max(32).default(""),
  encoding: z.enum(["hex", "base64"]).default("hex"),
  /** what is signed, in order: `{body}`, `{timestamp}` and `{id}` stand for the parts of the request */
  signed: z
    .string()
    .max(64)
    .regex(/\{body\}/, "{body} must be part of what is signed")
    .default("{body}"),
  timestampHeader: headerName.optional(),
  idHeader: headerName.optional(),
  toleranceSeconds: z.number().int().min(1).max(86_400).default(300),
  /** the secret's name: an environment variable, or a file in the home's folder `secrets` */
  secret: z.string().regex(/^[A-Z][A-Z0-9_]{0,127}$/, "use a name such as GITHUB_WEBHOOK_SECRET"),
});
export type SignatureScheme = z.infer<typeof signatureScheme>;

/** Schemes by name, without the secret's. */
export const SIGNATURE_PRESETS = {
  firebreak: {
    header: "x-firebreak-signature",
    prefix: "sha256=",
    signed: "{timestamp}.{body}",
    timestampHeader: "x-firebreak-timestamp",
  },
  github: { header: "x-hub-signature-256", prefix: "sha256=" },
  grafana: { header: "x-grafana-alerting-signature" },
  /** Grafana with this name given as its timestamp header */
  "grafana-timestamp": {
    header: "x-grafana-alerting-signature",
    signed: "{timestamp}:{body}",
    timestampHeader: "x-grafana-alerting-timestamp",
  },
  slack: {
    header: "x-slack-signature",
    prefix: "v0=",
    signed: "v0:{timestamp}:{body}",
    timestampHeader: "x-slack-request-timestamp",
  },
  standard: {
    header: "webhook-signature",
    prefix: "v1,",
    encoding: "base64",
    signed: "{id}.{timestamp}.{body}",
    timestampHeader: "webhook-timestamp",
    idHeader: "webhook-id",
  },
} as const satisfies Record<string, Partial<z.input<typeof signatureScheme>>>;

const SIGNATURES_MAX = 10;

/**
 * @param secret the shared secret; one that begins with `whsec_` is base64, as Standard Webhooks writes it
 * @returns null when the signature is right and, where there is a timestamp, fresh; else why not
 */
export function refuseSignature(
  scheme: SignatureScheme,
  secret: string,
  request: { readonly headers: IncomingHttpHeaders; readonly body: Buffer },
  nowMs: number,
): string | null {
  const given = textOf(request.headers[scheme.header]);
  if (given === "") return `the header ${scheme.header} is missing`;
  const timestamp = scheme.timestampHeader === undefined ? "" : textOf(request.headers[scheme.timestampHeader]);
  if (scheme.timestampHeader !== undefined) {
    const stale = refuseTimestamp(timestamp, scheme, nowMs);
    if (stale !== null) return stale;
  }
  const id = scheme.idHeader === undefined ? "" : textOf(request.headers[scheme.idHeader]);
  const expected = createHmac("sha256", keyOf(secret))
    .update(bytesOf(scheme.signed, { timestamp, id, body: request.body }))
    .digest();
  const isRight = given
    // several while a secret is changed
    .split(scheme.prefix.includes(",") ? / +/ : /[ ,]+/, SIGNATURES_MAX)
    .some((one) => one.startsWith(scheme.prefix) && equals(one.slice(scheme.prefix.length), scheme.encoding, expected));
  return isRight ? null : `the signature in ${scheme.header} is not right for this body`;
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === "string" ? value.trim() : "";
}

function refuseTimestamp(timestamp: string, scheme: SignatureScheme, nowMs: number): string | null {
  if (!/^\d{1,12}$/.test(timestamp)) return `the header ${scheme.timestampHeader} must hold seconds since 1970`;
  const offMs = Math.abs(nowMs - Number(timestamp) * 1_000);
  if (offMs <= scheme.toleranceSeconds * 1_000) return null;
  return `the timestamp is ${Math.round(offMs / 1_000)} s off, more than ${scheme.toleranceSeconds} s; set the clocks right`;
}

function keyOf(secret: string): Buffer {
  return secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
}

function bytesOf(signed: string, parts: { timestamp: string; id: string; body: Buffer }): Buffer {
  const pieces = signed.split(/(\{(?:body|timestamp|id)\})/);
  return Buffer.concat(
    pieces.map((piece) => {
      if (piece === "{body}") return parts.body;
      return Buffer.from(piece === "{timestamp}" ? parts.timestamp : piece === "{id}" ? parts.id : piece);
    }),
  );
}

function equals(given: string, encoding: "hex" | "base64", expected: Buffer): boolean {
  const bytes = Buffer.from(given, encoding);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
