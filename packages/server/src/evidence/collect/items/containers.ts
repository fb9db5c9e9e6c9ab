import { z } from "zod";
import { messageOf } from "../../../kernel/index.ts";
import type { Collector, ContainerSource, Scene } from "../collector.ts";
import type { ItemSink } from "../item-sink.ts";
import { redactJson } from "../redact-document.ts";
import { redactEnvironment } from "../../redact.ts";

const CONTAINERS_MAX = { quick: 10, standard: 30, full: 500 } as const;
/** By which containers say whose they are; the effectors find them by it too. */
const AGENT_LABEL = "firebreak.agent";

const listed = z.array(
  z.looseObject({
    Id: z.string().regex(/^[0-9a-f]{12,64}$/),
    Names: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);
type Listed = z.infer<typeof listed>[number];

export const containers: Collector = {
  name: "containers",
  description: "containers of this host: what they are (environment redacted), processes, changed files, logs",
  seconds: { standard: 120, full: 1200 },
  needs: ["containers"],
  collect: async (scene, sink, signal) => {
    const engine = scene.surroundings.containers;
    if (engine === null) return;
    const all = listed.parse(await engine.list(signal));
    const { description } = containers;
    const redacted = redactJson(all);
    sink.json(
      { name: "containers.json", description, metadata: { containers: all.length, engine: engine.place } },
      redacted.value,
    );
    const ordered = all.toSorted((a, b) => Number(isOf(scene, b)) - Number(isOf(scene, a)));
    for (const [index, one] of ordered.entries()) {
      const place = `containers/${nameOf(one)}`;
      if (index < CONTAINERS_MAX[scene.level]) await collectOne(engine, scene, { one, place }, sink, signal);
      else
        sink.fail(
          { name: place, description },
          `only the first ${CONTAINERS_MAX[scene.level]} containers are looked into`,
        );
    }
  },
};

const isOf = ({ subject }: Scene, { Labels }: Listed) => subject.agentIds.includes(Labels?.[AGENT_LABEL] ?? "");

const nameOf = ({ Id, Names }: Listed) => Names?.[0]?.replace(/^\//, "") ?? Id.slice(0, 12);

async function collectOne(
  engine: ContainerSource,
  { sinceMs }: Scene,
  { one, place }: { one: Listed; place: string },
  sink: ItemSink,
  signal: AbortSignal,
): Promise<void> {
  const id = one.Id;
  let hasTerminal = false;
  const parts = [
    ["container.json", "what the container is", () => engine.inspect(id, signal)],
    ["processes.json", "the processes in the container", () => engine.top(id, signal)],
    ["changed-files.json", "files that differ from its image", () => engine.changes(id, signal)],
  ] as const;
  for (const [file, description, ask] of parts) {
    const facts = { name: `${place}/${file}`, description };
    try {
      const answer = await ask();
      hasTerminal ||= terminal.safeParse(answer).data?.Config.Tty ?? false;
      const { value, redactions } = redactJson(withoutValues(answer));
      sink.json({ ...facts, metadata: { container: id, redactions } }, value);
    } catch (fault) {
      sink.fail(facts, messageOf(fault));
    }
  }
  const facts = { name: `${place}/logs.txt`, description: "what the container printed" };
  try {
    await sink.stream(
      { ...facts, metadata: { container: id } },
      await engine.logs(id, { sinceMs, hasTerminal }, signal),
    );
  } catch (fault) {
    sink.fail(facts, messageOf(fault));
  }
}

const inspected = z.looseObject({ Config: z.looseObject({ Env: z.array(z.string()) }) });

const terminal = z.object({ Config: z.object({ Tty: z.boolean().optional() }) });

function withoutValues(answer: unknown): unknown {
  const parsed = inspected.safeParse(answer);
  if (!parsed.success) return answer;
  const { pairs } = redactEnvironment(parsed.data.Config.Env);
  return { ...parsed.data, Config: { ...parsed.data.Config, Env: pairs } };
}
