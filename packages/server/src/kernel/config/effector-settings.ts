import { z } from "zod";

const absolutePath = z
  .string()
  .max(4096)
  .refine((path) => path.startsWith("/") && !path.split("/").includes(".."), "use an absolute path without ..");

const most = (count: number) => z.number().int().min(0).max(1_000_000).default(count);

export const effectorSettings = z.strictObject({
  /** how much one application may touch */
  blastRadius: z
    .strictObject({ agents: most(10), hosts: most(5), services: most(20), addresses: most(256) })
    .prefault({}),
  /** how often an effector may be applied, by its name; in place of the rate it was made with */
  rates: z
    .record(
      z.string().regex(/^[a-z0-9_]+\.[a-z0-9_]+$/, "use the name of an effector, like docker.kill"),
      z.strictObject({ max: z.number().int().min(0).max(100_000), perMinutes: z.number().int().min(1).max(1440) }),
    )
    .default({}),
  /** directories in which `maintenance.lock` may make lock files; without any only the home's own `locks` */
  maintenanceLocks: z.strictObject({ directories: z.array(absolutePath).max(50).default([]) }).prefault({}),
});
export type EffectorSettings = z.output<typeof effectorSettings>;
