import { z } from "zod";
import type { EngineClient } from "./engine-client.ts";
import { EngineError } from "./engine-client.ts";

const endpointConfig = z.object({
  IPAMConfig: z.record(z.string(), z.unknown()).nullish(),
  Aliases: z.array(z.string()).nullish(),
  Links: z.array(z.string()).nullish(),
  DriverOpts: z.record(z.string(), z.string()).nullish(),
});

/** What the engine says of a container (`GET /containers/ID/json`), as far as containment needs it. */
const inspection = z.object({
  Id: z.string().regex(/^[0-9a-f]{12,64}$/),
  Name: z.string(),
  State: z.object({ Running: z.boolean(), Paused: z.boolean() }),
  HostConfig: z.object({
    AutoRemove: z.boolean().optional(),
    NetworkMode: z.string(),
    RestartPolicy: z.object({ Name: z.string(), MaximumRetryCount: z.number().int().optional() }),
  }),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), endpointConfig).nullish() }),
});

/** How a container is joined to a network, as far as it can be joined again so. */
export const attachment = z.object({
  network: z.string(),
  aliases: z.array(z.string()),
  links: z.array(z.string()),
  ipam: z.record(z.string(), z.unknown()).nullable(),
  options: z.record(z.string(), z.string()),
});
export type Attachment = z.infer<typeof attachment>;

export const restartPolicy = z.object({ name: z.string(), maximumRetryCount: z.number().int() });
export type RestartPolicy = z.infer<typeof restartPolicy>;

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly isRunning: boolean;
  readonly isPaused: boolean;
  /** the engine removes it, with its file system, when it stops */
  readonly isRemovedAtEnd: boolean;
  /** it uses the host's or another container's network: there is nothing to disconnect */
  readonly sharesNetwork: boolean;
  readonly restartPolicy: RestartPolicy;
  readonly networks: readonly Attachment[];
  readonly labels: Readonly<Record<string, string>>;
}

/** @returns null when there is no such container @throws EngineError */
export async function inspectContainer(
  engine: EngineClient,
  idOrName: string,
  signal: AbortSignal,
): Promise<Container | null> {
  try {
    const path = `/containers/${encodeURIComponent(idOrName)}/json`;
    return toContainer(await engine.call({ method: "GET", path, signal }));
  } catch (fault) {
    if (fault instanceof EngineError && fault.status === 404) return null;
    throw fault;
  }
}

function toContainer(answer: unknown): Container {
  const parsed = inspection.safeParse(answer);
  if (!parsed.success) throw new EngineError("the container engine describes a container in a form nobody knows", null);
  const { Id, Name, State, HostConfig, Config, NetworkSettings } = parsed.data;
  const { Name: policy, MaximumRetryCount = 0 } = HostConfig.RestartPolicy;
  const mode = HostConfig.NetworkMode;
  return {
    id: Id,
    name: Name.replace(/^\//, ""),
    isRunning: State.Running,
    isPaused: State.Paused,
    isRemovedAtEnd: HostConfig.AutoRemove ?? false,
    sharesNetwork: mode === "host" || mode.startsWith("container:"),
    restartPolicy: { name: policy === "" ? "no" : policy, maximumRetryCount: MaximumRetryCount },
    networks: Object.entries(NetworkSettings.Networks ?? {})
      .filter(([network]) => network !== "host" && network !== "none")
      .map(([network, config]) => ({
        network,
        // the engine adds the short id by itself, and refuses nothing that is given twice
        aliases: (config.Aliases ?? []).filter((alias) => !Id.startsWith(alias)),
        links: config.Links ?? [],
        ipam: config.IPAMConfig ?? null,
        options: config.DriverOpts ?? {},
      })),
    labels: Config.Labels ?? {},
  };
}

const listed = z.array(z.object({ Id: z.string().regex(/^[0-9a-f]{12,64}$/) }));

/** @returns the ids of all containers with that label, also of those that do not run @throws EngineError */
export async function findByLabel(engine: EngineClient, label: string, signal: AbortSignal): Promise<string[]> {
  const query = { all: "true", filters: JSON.stringify({ label: [label] }) };
  const parsed = listed.safeParse(await engine.call({ method: "GET", path: "/containers/json", query, signal }));
  if (!parsed.success) throw new EngineError("the container engine lists containers in a form nobody knows", null);
  return parsed.data.map(({ Id }) => Id);
}
