import { setImmediate } from "node:timers/promises";
import { readSocketTable } from "../../../kernel/index.ts";
import type { Collector, Scene, SessionSubject } from "../collector.ts";
import type { ItemSink } from "../item-sink.ts";
import { nameFor } from "../item-name.ts";
import { readProcessFacts } from "../process-facts.ts";
import type { ProcessFacts } from "../process-facts.ts";

export const processes: Collector = {
  name: "processes",
  description: "every process of the agent with open files, sockets, environment (secrets redacted) and memory maps",
  seconds: { quick: 5, standard: 20, full: 60 },
  needs: ["agent"],
  collect: async (scene, sink, signal) => {
    for (const session of scene.subject.sessions) await collectSession(scene, session, sink, signal);
    if (scene.subject.sessions.length === 0) {
      sink.fail(
        { name: "process-tree.json", description: processes.description },
        "no session of the agent is known here",
      );
    }
  },
};

async function collectSession(
  scene: Scene,
  session: SessionSubject,
  sink: ItemSink,
  signal: AbortSignal,
): Promise<void> {
  const name = nameFor(scene, session, "process-tree.json");
  const { description } = processes;
  if (session.elsewhere !== null) {
    sink.fail({ name, description }, `session ${session.sessionId} runs on ${session.elsewhere}: collect it there`);
    return;
  }
  const facts: ProcessFacts[] = [];
  const gaps: string[] = [];
  for (const identity of session.processes) {
    if (signal.aborted) {
      gaps.push(`the time ran out after ${facts.length} of ${session.processes.length} processes`);
      break;
    }
    const found = readProcessFacts(identity);
    if (found === null) gaps.push(`process ${identity.pid} (${identity.command}) was gone`);
    else facts.push(found);
    gaps.push(...(found?.gaps ?? []).map((gap) => `process ${identity.pid}: ${gap}`));
    // a stop must not wait until a tree of thousands is read
    await setImmediate();
  }
  if (session.processes.length === 0) gaps.push("no process of the agent was alive");
  sink.json(
    {
      name,
      description,
      metadata: {
        session: session.sessionId,
        processes: facts.length,
        redactions: facts.reduce((sum, one) => sum + one.redactions, 0),
      },
      degraded: gaps.length > 0 ? gaps.slice(0, 20).join("; ") : undefined,
    },
    { session: session.sessionId, processes: facts, sockets: socketsOf(facts) },
  );
}

function socketsOf(facts: readonly ProcessFacts[]): unknown[] {
  const first = facts[0];
  if (first === undefined) return [];
  const table = readSocketTable(first.pid);
  return facts.flatMap((process) =>
    process.openFiles.flatMap((file) => {
      const inode = /^socket:\[(\d+)\]$/.exec(file.target)?.[1];
      const socket = inode === undefined ? undefined : table.get(inode);
      return socket === undefined ? [] : [{ pid: process.pid, fd: file.fd, ...socket }];
    }),
  );
}
