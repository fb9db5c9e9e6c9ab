import { access, constants, mkdtemp, open, readdir, rm } from "node:fs/promises";
import path from "node:path";
import type { ProcessIdentity } from "@firebreak/protocol";
import { messageOf, readProcessStartTime } from "../../../kernel/index.ts";
import type { Collector, Scene, SessionSubject } from "../collector.ts";
import type { ItemSink } from "../item-sink.ts";
import { nameFor } from "../item-name.ts";
import { readPlainText } from "../plain-files.ts";
import { readProgram } from "../programs.ts";

const DESCRIPTION = "the memory of a process, as a core file (it holds whatever the process knew, secrets too)";
const MIB = 1024 * 1024;

export const memory: Collector = {
  name: "memory",
  description: DESCRIPTION,
  seconds: { quick: 60, standard: 300, full: 1800 },
  needs: ["agent", "memory"],
  collect: async (scene, sink, signal) => {
    const { gcore } = scene.settings.memory;
    await access(gcore, constants.X_OK).catch(() => {
      throw new Error(
        `${gcore} is not installed here (Debian: gdb); evidence.memory.gcore in the profile names another`,
      );
    });
    for (const session of scene.subject.sessions) {
      for (const identity of session.processes) await dump(scene, session, identity, sink, signal);
    }
  },
};

async function dump(
  scene: Scene,
  session: SessionSubject,
  identity: ProcessIdentity,
  sink: ItemSink,
  signal: AbortSignal,
): Promise<void> {
  const { pid } = identity;
  const facts = { name: nameFor(scene, session, `memory/${pid}.core`), description: DESCRIPTION };
  const directory = await mkdtemp(path.join(scene.surroundings.temporaryDir, "memory-"));
  try {
    signal.throwIfAborted();
    const held = await residentMb(identity);
    const { gcore, processMb } = scene.settings.memory;
    if (held === null) return sink.fail(facts, `process ${pid} (${identity.command}) was gone`);
    if (held > processMb)
      return sink.fail(facts, `it holds ${held} MiB, more than evidence.memory.processMb (${processMb})`);
    const { problem } = await readProgram([gcore, "-o", path.join(directory, "core"), String(pid)], signal);
    const [made] = await readdir(directory);
    if (made === undefined) return sink.fail(facts, problem ?? `${gcore} left no file`);
    const degraded = problem === null ? undefined : problem;
    const metadata = { pid, startTime: identity.startTime, command: identity.command, residentMb: held };
    await sink.file({ ...facts, metadata, degraded }, await open(path.join(directory, made), "r"));
  } catch (fault) {
    sink.fail(facts, messageOf(fault));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @returns null when it is another process by now */
async function residentMb({ pid, startTime }: ProcessIdentity): Promise<number | null> {
  if (readProcessStartTime(pid) !== startTime) return null;
  const status = (await readPlainText(`/proc/${pid}/status`, MIB)) ?? "";
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return Math.ceil(kilobytes / 1024);
}
