import { z } from "zod";
import { homePath } from "./home-path.ts";

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "use the name of a variable, like API_KEY");
/** A program and its arguments: no shell, and never the secret, which comes on standard input. */
const argv = z.array(z.string().min(1).max(4096)).min(1).max(64);
const serviceUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine(isSafeUrl, "use https; plain http is for this machine alone (127.0.0.1, ::1, localhost)");

const store = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("file"), path: homePath }),
  z.strictObject({ kind: z.literal("env"), path: homePath, variable: environmentName }),
  z.strictObject({ kind: z.literal("command"), write: argv, read: argv.optional() }),
  z.strictObject({
    kind: z.literal("keychain"),
    service: z.string().min(1).max(256),
    account: z.string().min(1).max(256),
  }),
  z.strictObject({
    kind: z.literal("vault"),
    url: serviceUrl,
    /** where the KV engine (version 2) is mounted */
    mount: z
      .string()
      .regex(/^[\w-]+(?:\/[\w-]+)*$/)
      .default("secret"),
    path: z.string().regex(/^[\w.-]+(?:\/[\w.-]+)*$/),
    key: z.string().min(1).max(256).default("value"),
    namespace: z.string().max(256).optional(),
    /** environment variable, or file in `<home>/secrets`, that holds the token */
    tokenEnv: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{0,127}$/)
      .default("VAULT_TOKEN"),
  }),
]);
export type StoreSettings = z.output<typeof store>;

const probe = z.discriminatedUnion("kind", [
  /** ends with 0 when the value on its standard input is accepted, with 1 when it is refused */
  z.strictObject({ kind: z.literal("command"), command: argv }),
  z.strictObject({
    kind: z.literal("http"),
    url: serviceUrl,
    header: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/)
      .default("Authorization"),
    prefix: z.string().max(64).default("Bearer "),
    accepted: z.array(z.number().int().min(100).max(599)).min(1).max(20).default([200, 204]),
    refused: z.array(z.number().int().min(100).max(599)).min(1).max(20).default([401, 403]),
  }),
]);
export type ProbeSettings = z.output<typeof probe>;

const credential = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use small letters, digits and -, beginning with a letter or digit"),
    /** a new value made here; with `provider.create` the provider makes it */
    generate: z
      .strictObject({
        length: z.number().int().min(16).max(512).default(48),
        alphabet: z.enum(["alphanumeric", "hex", "base64url"]).default("alphanumeric"),
      })
      .optional(),
    /** programs that speak to whoever issues it: JSON on standard input, JSON or nothing on standard output */
    provider: z
      .strictObject({ create: argv.optional(), revoke: argv.optional(), restore: argv.optional() })
      .prefault({}),
    stores: z.array(store).min(1).max(20),
    /** programs that restart what uses it, in this order */
    consumers: z.array(argv).max(20).default([]),
    /** asks the service whether a value is accepted: the proof that the old one is refused */
    probe: probe.optional(),
    /** how long the service may take to refuse the old value */
    refusedWithinSeconds: z.number().int().min(0).max(600).default(30),
    commandTimeoutSeconds: z.number().int().min(1).max(600).default(30),
  })
  .refine(({ generate, provider }) => (generate === undefined) !== (provider.create === undefined), {
    message: "say where the new value comes from: generate, or provider.create, and not both",
  });
export type CredentialSettings = z.output<typeof credential>;

export const credentialList = z
  .array(credential)
  .max(100)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two credentials have the same name")
  .default([]);

function isSafeUrl(text: string): boolean {
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
}
