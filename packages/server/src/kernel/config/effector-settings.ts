import { entityName } from "@firebreak/protocol";
import { z } from "zod";
import { hooksSettings } from "./hook-settings.ts";
import { parseAddressOrNetwork } from "../address.ts";
import { credentialList } from "./credential-settings.ts";
import { homePath } from "./home-path.ts";

const absolutePath = z
  .string()
  .max(4096)
  .refine((path) => path.startsWith("/") && !path.split("/").includes(".."), "use an absolute path without ..");

const most = (count: number) => z.number().int().min(0).max(1_000_000).default(count);

const network = z
  .string()
  .max(64)
  .refine((text) => parseAddressOrNetwork(text) !== undefined, "use an address or network, like 192.0.2.0/24");

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
  /** what `check.http` and `check.tcp` may ask beside the internet and this machine; cloud metadata never */
  checks: z.strictObject({ privateNetworks: z.array(network).max(200).default([]) }).prefault({}),
  docker: z
    .strictObject({
      /** where the Docker Engine (or podman's service) listens */
      endpoint: z
        .string()
        .max(1024)
        .refine(isEngineEndpoint, "use unix:///path/to/docker.sock or tcp://host:port")
        .default("unix:///var/run/docker.sock"),
    })
    .prefault({}),
  /** what the owner adds: effectors by HTTP and by command, `hook.NAME` */
  hooks: hooksSettings.default([]),
  git: z.strictObject({ program: absolutePath.default("/usr/bin/git") }).prefault({}),
  /** where pg_dump, pg_restore and psql lie; left out: where systems have them, the newest first */
  postgres: z.strictObject({ programs: absolutePath.optional() }).prefault({}),
  /** `scope`: units of the system, or of the user that Firebreak runs as */
  systemd: z
    .strictObject({
      systemctl: absolutePath.default("/usr/bin/systemctl"),
      scope: z.enum(["system", "user"]).default("system"),
    })
    .prefault({}),
  launchd: z.strictObject({ launchctl: absolutePath.default("/bin/launchctl") }).prefault({}),
  /** directories in which `maintenance.lock` may make lock files; without any only the home's own `locks` */
  maintenanceLocks: z.strictObject({ directories: z.array(absolutePath).max(50).default([]) }).prefault({}),
  firewall: z
    .strictObject({
      /** the packet filter that blocks: nftables on Linux, pf on macOS, or ufw where people look there */
      use: z.enum(["auto", "nftables", "pf", "ufw"]).default("auto"),
      /** addresses and networks that are never blocked, and reach this host also while it is isolated */
      neverBlock: z.array(network).max(200).default([]),
    })
    .prefault({}),
  skills: z
    .strictObject({
      /** folders of skills: compared with their baselines, and the only ones that `skill.quarantine` reaches into */
      folders: z
        .array(
          z.strictObject({
            path: homePath,
            /** the agent that uses them, for events */
            agent: entityName.default("openclaw"),
            /** OpenClaw's settings, in which a quarantined skill is switched off too */
            openclawConfig: homePath.optional(),
          }),
        )
        .max(50)
        .default([]),
      compareSeconds: z.number().int().min(5).max(86_400).default(60),
    })
    .prefault({}),
  /** what `credential.rotate` may rotate, by name */
  credentials: credentialList,
});
export type EffectorSettings = z.output<typeof effectorSettings>;

function isEngineEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, username } = new URL(text);
  if (protocol === "unix:") return hostname === "" && pathname.length > 1;
  return protocol === "tcp:" && hostname !== "" && username === "" && pathname.length <= 1;
}
