import type { IncidentDetail } from "@firebreak/protocol";
import type { z } from "zod";
import type { Facts } from "../fill-in.ts";
import type { Sandbox } from "../sandbox/open-sandbox.ts";

/** What the end of a drill is looked at with. */
export interface EndOfDrill {
  readonly sandbox: Pick<Sandbox, "home" | "catcher">;
  readonly incident: IncidentDetail;
  readonly facts: Facts;
}

export interface Finding {
  readonly held: boolean;
  readonly found: string;
}

/** Each looks by itself, never by what Firebreak says of the same thing. */
export interface Looking {
  look(end: EndOfDrill, parameters: Readonly<Record<string, unknown>>): Promise<Finding>;
}

/** @throws ZodError from `look` for parameters that do not fit */
export function looking<S extends z.ZodType>(
  parameters: S,
  inspect: (end: EndOfDrill, parameters: z.output<S>) => Promise<Finding>,
): Looking {
  return { look: (end, given) => inspect(end, parameters.parse(given)) };
}
