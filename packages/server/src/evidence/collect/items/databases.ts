import { messageOf } from "../../../kernel/index.ts";
import type { EvidenceSettings } from "../../../kernel/index.ts";
import type { Collector, Scene } from "../collector.ts";
import type { ItemSink } from "../item-sink.ts";
import { readPostgres } from "../read-postgres.ts";
import { readRedis } from "../read-redis.ts";
import { redactJson } from "../redact-document.ts";

type DatabaseSettings = EvidenceSettings["databases"][number];

export const databases: Collector = {
  name: "databases",
  description: "the state of the databases and caches that the profile names: sessions, locks, sizes; only read",
  seconds: { standard: 60, full: 120 },
  needs: [],
  collect: async (scene, sink, signal) => {
    for (const one of scene.settings.databases) await collectOne(scene, one, sink, signal);
  },
};

async function collectOne(scene: Scene, one: DatabaseSettings, sink: ItemSink, signal: AbortSignal): Promise<void> {
  const facts = { name: `databases/${one.name}.json`, description: `the state of ${one.name} (${one.kind})` };
  try {
    const url = await scene.surroundings.readSecret(one.urlEnv);
    if (url === undefined) return sink.fail(facts, `the secret ${one.urlEnv}, its address, is not set`);
    const read = one.kind === "redis" ? await readRedis(url, signal) : await readPostgres(url, signal);
    const { value, redactions } = redactJson(read);
    sink.json({ ...facts, metadata: { redactions } }, value);
  } catch (fault) {
    sink.fail(facts, messageOf(fault));
  }
}
