import { z } from "zod";
import type { KnownEffector, KnownEffectors } from "../known-effectors.ts";

const text = z.string().min(1);
const connection = {
  host: text.optional(),
  port: z.number().optional(),
  user: text.optional(),
  database: text.optional(),
};
const agent = { agentId: text, reason: text.optional() };

const READING: Readonly<Record<string, z.ZodType>> = {
  "check.http": z.strictObject({ url: z.url(), method: z.enum(["GET", "HEAD"]).optional(), contains: text.optional() }),
  "check.tcp": z.strictObject({ host: text, port: z.number() }),
  "check.service": z.strictObject({ service: text }),
  "check.load": z.strictObject({}),
  "check.disk": z.strictObject({ path: text }),
  "check.file": z.strictObject({ path: text }),
  "check.git": z.strictObject({ folder: text }),
  "check.redis": z.strictObject(connection),
  "check.postgres": z.strictObject(connection),
  "log.search": z.strictObject({
    path: text,
    contains: z.union([text, z.array(text)]),
    exactCase: z.boolean().optional(),
  }),
  "command.read": z.strictObject({
    program: z.enum(["tail", "ls", "ps", "ss", "kubectl", "docker", "psql", "journalctl", "cat", "grep"]),
    args: z.array(z.string()).refine((args) => !/\b(delete|exec|set|prune|run|rm)\b/.test(args.join(" "))),
  }),
  "evidence.collect": z.strictObject({ ...agent, reason: text }),
  "firewall.block": z.strictObject({ address: text, direction: z.enum(["in", "out", "both"]).optional(), for: text }),
  "docker.pause": z.strictObject({ container: text }),
  "docker.disconnect": z.strictObject({ container: text }),
  "docker.snapshot": z.strictObject({ container: text }),
  "agent.freeze": z.strictObject(agent),
  "skill.quarantine": z.strictObject({ skill: text }),
  "file.quarantine": z.strictObject({ path: text, reason: text }),
  "credential.rotate": z.strictObject({ name: text }),
  "service.start": z.strictObject({ service: text }),
  "git.restore": z.strictObject({ folder: text, commit: text.optional(), paths: z.array(text).optional() }),
  "disk.clean": z.strictObject({ folder: text, olderThanDays: z.number(), patterns: z.array(text).optional() }),
  "backup.restore": z.strictObject({ kind: text, from: text, to: text, mode: text }),
};
const DESTROYING: Readonly<Record<string, z.ZodType>> = {
  "agent.kill": z.strictObject(agent),
  "docker.stop": z.strictObject({ container: text }),
  "docker.kill": z.strictObject({ container: text }),
  "service.stop": z.strictObject({ service: text }),
  "service.restart": z.strictObject({ service: text }),
  "process.end": z.strictObject({ pid: z.number(), startedAt: text, reason: text }),
  "command.run": z.strictObject({ program: text, args: z.array(z.string()), folder: text.optional() }),
};

const UNDONE = new Set([
  "docker.pause",
  "docker.disconnect",
  "skill.quarantine",
  "file.quarantine",
  "firewall.block",
  "disk.clean",
]);

const READS = /^(check|log)\.|^command\.read$/;

const known =
  (destroysEvidence: boolean) =>
  ([name, parameters]: [string, z.ZodType]): [string, KnownEffector] => [
    name,
    {
      name,
      destroysEvidence,
      idempotent: !destroysEvidence,
      onlyReads: READS.test(name),
      expiry: UNDONE.has(name) ? "by_undo" : "none",
      parameters,
    },
  ];

/** Effectors as the importer may find them, so that its tests do not turn on what a profile has. */
export const importEffectors: KnownEffectors = new Map([
  ...Object.entries(READING).map(known(false)),
  ...Object.entries(DESTROYING).map(known(true)),
]);
