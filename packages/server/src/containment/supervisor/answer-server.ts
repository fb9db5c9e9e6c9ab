import type { Hold } from "@firebreak/protocol";
import { messageOf } from "../../kernel/index.ts";
import type { ServerHolds } from "./server-holds.ts";
import { LOST_HOLD_ID } from "./server-holds.ts";
import type { Session } from "./session.ts";

/** Tells the server of each of its holds what came of it here. @returns what ends it */
export function answerServer(session: Session, server: ServerHolds): () => void {
  const answered = new Set<string>();
  const look = () => {
    const holds = server.current().filter((hold) => hold.id !== LOST_HOLD_ID);
    const ids = new Set(holds.map((hold) => hold.id));
    for (const id of answered) if (!ids.has(id)) answered.delete(id);
    for (const hold of holds.filter(({ id }) => !answered.has(id))) {
      answered.add(hold.id);
      void answer(session, hold);
    }
  };
  look();
  return server.watch(look);
}

async function answer({ enforcement, link, options }: Session, hold: Hold): Promise<void> {
  try {
    await link?.reportStop(hold.id, await enforcement.prove(hold));
  } catch (fault) {
    options.logger.error("a stop of the server could not be answered", { hold: hold.id, error: messageOf(fault) });
  }
}
