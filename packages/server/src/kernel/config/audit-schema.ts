import { parseWitnessKey } from "@firebreak/verifier";
import { z } from "zod";
import { environmentName, httpUrl } from "./http-url.ts";

/** Somebody who says that this log only ever grew (C2SP tlog-witness). */
const witness = z.strictObject({
  /** as witnesses publish it, `name+id+base64`, for cosignatures of Ed25519 */
  key: z
    .string()
    .max(400)
    .refine((text) => parseWitnessKey(text) !== undefined, "use the key of a witness: name+id+base64, of type 4"),
  /** where it takes checkpoints, without `/add-checkpoint`; left out, it brings its cosignatures itself */
  url: httpUrl.optional(),
});

const common = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use small letters, digits and -"),
  /** the newest checkpoint goes there so often, if something happened … */
  everyMinutes: z.number().int().min(1).max(43_200).default(60),
  /** … and as soon as so many entries were added */
  everyEntries: z.number().int().min(1).max(1_000_000_000).optional(),
  /** an alert opens when it is behind for so long */
  lateHours: z.number().int().min(1).max(720).default(24),
};
const absolutePath = z
  .string()
  .max(4096)
  .regex(/^\/[^\0]*$/, "use an absolute path");
const secretName = environmentName;

/** A place outside that keeps checkpoints. */
const shipment = z.discriminatedUnion("kind", [
  /** a file that only grows, best on another disk or host */
  z.strictObject({ ...common, kind: z.literal("file"), path: absolutePath }),
  z
    .strictObject({
      ...common,
      kind: z.literal("http"),
      url: httpUrl.optional(),
      urlEnv: secretName.optional(),
      /** signs the request as webhooks are signed */
      secretEnv: secretName.optional(),
    })
    .refine(({ url, urlEnv }) => (url === undefined) !== (urlEnv === undefined), {
      message: "it needs exactly one of url and urlEnv",
    }),
  /** through an e-mail channel of this profile */
  z.strictObject({ ...common, kind: z.literal("email"), channel: common.name }),
  z.strictObject({
    ...common,
    kind: z.literal("git"),
    /** a repository on this machine */
    repository: absolutePath,
    branch: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "a plain name")
      .default("audit-log"),
    /** a remote of it to push to */
    pushTo: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "the name of a remote")
      .optional(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("s3"),
    /** `s3://BUCKET/PREFIX?endpoint=…` */
    place: z.string().max(2048),
    accessKeyEnv: secretName,
    secretKeyEnv: secretName,
    /** the store itself keeps each checkpoint for so long */
    lockDays: z.number().int().min(1).max(36_500).optional(),
  }),
]);
export type ShipmentSetting = z.infer<typeof shipment>;

export const auditSchema = z.strictObject({
  witnesses: z.array(witness).max(16).default([]),
  /** witnesses are asked so often, if something happened */
  witnessMinutes: z.number().int().min(1).max(1440).default(5),
  /** an alert opens when no checkpoint was cosigned by so many for so many hours; all of them when left out */
  witnessesRequired: z.number().int().min(1).max(16).optional(),
  witnessHours: z.number().int().min(1).max(720).default(24),
  ship: z
    .array(shipment)
    .max(16)
    .default([])
    .refine((places) => new Set(places.map(({ name }) => name)).size === places.length, "each needs a name of its own"),
});
export type AuditSettings = z.infer<typeof auditSchema>;
