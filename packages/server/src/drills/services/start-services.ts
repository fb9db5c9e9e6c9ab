import { z } from "zod";
import type { SandboxApi } from "../sandbox/api.ts";
import { waitFor } from "../sandbox/wait.ts";

const STARTED_WITHIN_MS = 30_000;
const action = z.object({ id: z.string(), state: z.string(), message: z.string().nullable().optional() });

/** Has the sandbox's Firebreak start its services by name, so that it knows them as it would know its own. */
export async function startServices(api: SandboxApi, names: readonly string[]): Promise<void> {
  for (const service of names) await act(api, "service.start", service);
}

/** Has it start again a service that was ended behind its back: as it knows, the first start is still in force. */
export async function restartService(api: SandboxApi, service: string): Promise<void> {
  await act(api, "service.restart", service);
}

async function act(api: SandboxApi, effector: string, service: string): Promise<void> {
  const asked = await api.post(action, "/actions", { effector, parameters: { service }, reason: "the drill begins" });
  await waitFor(`the service ${service}`, STARTED_WITHIN_MS, async () => {
    const { state, message } = await api.get(action, `/actions/${asked.id}`);
    if (state === "failed") throw new Error(`the service ${service} does not start: ${message ?? "no reason given"}`);
    return state === "done" || state === "in_force" ? true : undefined;
  });
}
