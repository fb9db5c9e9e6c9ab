import type { Effector } from "../../effector.ts";
import { checkService } from "./check-service.ts";
import type { ServiceSurroundings } from "./managed-service.ts";
import { serviceRestart } from "./restart.ts";
import { serviceStart, serviceStop } from "./start-stop.ts";

/** What keeps the profile's services alive. */
export function managedServiceEffectors(surroundings: ServiceSurroundings): readonly Effector[] {
  return [checkService, serviceStart, serviceStop, serviceRestart].map((make) => make(surroundings));
}

export type { ServiceSurroundings } from "./managed-service.ts";
