import type { EffectorSettings } from "../../../kernel/index.ts";
import type { Effector } from "../../effector.ts";
import { containerEffector } from "./container-effector.ts";
import { createEngineClient } from "./engine-client.ts";
import { snapshotEffector } from "./snapshot.ts";
import { STEPS } from "./steps.ts";

/** What can be done to containers of a Docker Engine, mildest first. */
export function dockerEffectors({ endpoint }: EffectorSettings["docker"]): readonly Effector[] {
  const engine = createEngineClient(endpoint);
  const { restartOff, pause, disconnect, stop, kill } = STEPS;
  const keeps = (name: string, title: string, steps: readonly (typeof restartOff)[]) =>
    containerEffector(engine, { name, title, destroysEvidence: false, steps });
  const ends = (name: string, title: string, steps: readonly (typeof restartOff)[]) =>
    containerEffector(engine, { name, title, destroysEvidence: true, steps });
  return [
    snapshotEffector(engine),
    keeps("docker.disconnect", "Take containers out of their networks", [disconnect]),
    keeps("docker.pause", "Pause containers", [restartOff, pause]),
    keeps("docker.contain", "Pause containers and cut them off", [restartOff, pause, disconnect]),
    ends("docker.stop", "Stop containers", [restartOff, stop]),
    ends("docker.kill", "Kill containers", [restartOff, kill]),
  ];
}

export { createEngineClient } from "./engine-client.ts";
export type { EngineRequest } from "./engine-client.ts";
export { readLogs } from "./read-logs.ts";
