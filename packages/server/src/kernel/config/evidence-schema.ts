import { z } from "zod";
import { environmentName } from "./http-url.ts";
import { homePath } from "./home-path.ts";

/** What can be collected, most volatile first. Each is one module of the room evidence. */
export const EVIDENCE_ITEMS = [
  "processes",
  "connections",
  "memory",
  "output",
  "firewall",
  "users",
  "containers",
  "databases",
  "openclaw",
  "claude-code",
  "telemetry",
  "journal",
  "logs",
  "configuration",
  "schedules",
  "skills",
  "workspace",
] as const;
const evidenceItemName = z.enum(EVIDENCE_ITEMS);
export type EvidenceItemName = z.infer<typeof evidenceItemName>;

const whole = (min: number, max: number) => z.number().int().min(min).max(max);

function level(defaults: { timeLimitSeconds: number; logDays: number; fileMb: number; itemMb: number }) {
  return z
    .strictObject({
      /** for all of it; what was had by then is sealed, the rest is named */
      timeLimitSeconds: whole(1, 86_400).default(defaults.timeLimitSeconds),
      /** how old logs, transcripts and events may be */
      logDays: whole(1, 3650).default(defaults.logDays),
      /** of one file; of a larger one the first (of logs: the last) bytes are kept */
      fileMb: whole(1, 1_048_576).default(defaults.fileMb),
      /** of one kind of evidence, such as all logs together */
      itemMb: whole(1, 16_777_216).default(defaults.itemMb),
      /** instead of what the level holds by itself */
      items: z.array(evidenceItemName).min(1).max(EVIDENCE_ITEMS.length).optional(),
    })
    .prefault({});
}

/** An S3-compatible store. The secrets are named, and lie in the environment or in `<home>/secrets`. */
const evidenceStorage = z.strictObject({
  /** `s3://BUCKET/PREFIX?endpoint=https://…&region=…` */
  url: z
    .string()
    .max(1024)
    .refine(
      (text) => /^s3:\/\/[^@/?]+([/?]|$)/.test(text),
      "use s3://BUCKET/PREFIX?endpoint=https://…, without credentials",
    ),
  accessKeyEnv: environmentName.default("EVIDENCE_S3_ACCESS_KEY_ID"),
  secretKeyEnv: environmentName.default("EVIDENCE_S3_SECRET_ACCESS_KEY"),
  /** object lock, where the bucket has it: days from the collection */
  lock: z.strictObject({ mode: z.enum(["governance", "compliance"]), days: whole(1, 36_500) }).optional(),
  legalHold: z.boolean().default(false),
});

export const evidenceSettings = z.strictObject({
  levels: z
    .strictObject({
      quick: level({ timeLimitSeconds: 8, logDays: 1, fileMb: 8, itemMb: 256 }),
      standard: level({ timeLimitSeconds: 600, logDays: 7, fileMb: 256, itemMb: 2_048 }),
      full: level({ timeLimitSeconds: 7_200, logDays: 60, fileMb: 32_768, itemMb: 131_072 }),
    })
    .prefault({}),
  /** stays free on the disk that holds the home, whatever there is to collect */
  keepFreeMb: whole(0, 16_777_216).default(1_024),
  /** log files beside those of `tails.yaml` and the system's own; rotated ones beside them are found */
  logs: z.array(homePath).max(100).default([]),
  /** configuration files beside those of Firebreak and of the agents' runtimes; secrets are taken out */
  configuration: z.array(homePath).max(100).default([]),
  /** databases and caches whose state is read; `urlEnv` names the secret that holds the address */
  databases: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use small letters, digits and -"),
        kind: z.enum(["postgresql", "redis"]),
        urlEnv: environmentName,
      }),
    )
    .max(20)
    .default([]),
  /** where archives are copied to, beside the home */
  storage: evidenceStorage.optional(),
  /** where they were copied to before: only to hold and delete what lies there still */
  formerStorage: z.array(evidenceStorage).max(20).default([]),
  memory: z
    .strictObject({
      gcore: z.string().regex(/^\//, "use an absolute path").max(4096).default("/usr/bin/gcore"),
      /** a process that holds more is not dumped */
      processMb: whole(1, 1_048_576).default(8_192),
    })
    .prefault({}),
});
export type EvidenceSettings = z.output<typeof evidenceSettings>;
