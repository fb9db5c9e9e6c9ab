import { messageOf } from "../../../kernel/index.ts";
import type { Collector } from "../collector.ts";
import { nameFor } from "../item-name.ts";
import { openPlainFile } from "../plain-files.ts";

export const output: Collector = {
  name: "output",
  description: "the last output of the agent",
  seconds: { quick: 5, standard: 60, full: 600 },
  needs: ["agent"],
  collect: async (scene, sink) => {
    for (const session of scene.subject.sessions) {
      const facts = { name: nameFor(scene, session, "output.log"), description: output.description };
      try {
        if (session.outputLog === null) sink.fail(facts, "no output of this agent is kept");
        else await sink.file(facts, await openPlainFile(session.outputLog), "last");
      } catch (fault) {
        sink.fail(facts, messageOf(fault));
      }
    }
  },
};
