import { liftHold } from "../../containment/index.ts";
import type { House } from "../house.ts";
import { mirrorHolds } from "./mirror-holds.ts";

/** Ends the holds whose time is over, and lets what no other hold covers run again. */
export async function endExpiredHolds(house: House): Promise<void> {
  const { killswitch, clock, config } = house;
  const ended = await killswitch.expire(clock.now());
  if (ended.length === 0) return;
  const { holds } = killswitch.current();
  for (const hold of ended) await liftHold({ home: config.home, hold, holds, clock });
  await mirrorHolds(house);
}
