import type { LiveMessage } from "@firebreak/protocol";
import { listenLive } from "../storage/index.ts";
import type { House } from "./house.ts";

/** Who tells connected consoles; the API's live hub. */
export interface ChangeSink {
  publish(message: LiveMessage): void;
  publishReset(): void;
}

/** Passes every node's changes on to the sink. @returns what ends it */
export async function watchChanges(
  house: Pick<House, "database" | "logger">,
  sink: ChangeSink,
): Promise<() => Promise<void>> {
  return listenLive(house.database, (change) => sink.publish(change), {
    logger: house.logger,
    onGap: () => sink.publishReset(),
  });
}
