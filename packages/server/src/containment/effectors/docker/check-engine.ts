import { messageOf } from "../../../kernel/index.ts";
import type { MissingNeed } from "../../effector.ts";
import type { EngineClient } from "./engine-client.ts";

const PING_MS = 3_000;
const REMEDY =
  "start it and let Firebreak's user open its socket, or set effectors.docker.endpoint in the profile to where it listens";

/** @returns what keeps Firebreak from asking the engine */
export async function checkEngine(engine: EngineClient): Promise<MissingNeed[]> {
  try {
    const answer = await engine.stream({ method: "GET", path: "/_ping", signal: AbortSignal.timeout(PING_MS) });
    answer.resume();
    return [];
  } catch (fault) {
    return [{ what: messageOf(fault), remedy: REMEDY }];
  }
}
