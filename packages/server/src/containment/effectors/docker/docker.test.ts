import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openEngineDoor, startEngine } from "../../../../../../test/harness/docker-engine.ts";
import type { Engine } from "../../../../../../test/harness/docker-engine.ts";
import type { Effector } from "../../effector.ts";
import { describeEffectorContract, effectorContextFor, effectorOf } from "../testing.ts";
import type { EffectorWorld } from "../testing.ts";
import { dockerEffectors } from "./index.ts";

/** A Docker Engine needs root; this machine's own, if it has one, is left alone. */
const isRoot = process.getuid?.() === 0;

let engine: Engine;
beforeAll(async () => {
  if (isRoot) engine = await startEngine();
}, 60_000);
afterAll(async () => {
  if (isRoot) await engine.close();
});

const LOOP = ["/bin/sh", "-c", "echo hello; while :; do /bin/sleep 1; done"];
let count = 0;

interface Made {
  readonly name: string;
  readonly network: string;
  remove(): Promise<void>;
}

async function expectDone(method: string, path: string, body?: unknown): Promise<void> {
  const answer = await engine.ask(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** A running container with a restart policy, in a network of its own under an alias. */
async function makeContainer(host: Readonly<Record<string, unknown>> = {}): Promise<Made> {
  const name = `agent-${++count}`;
  const network = `net-${count}`;
  await expectDone("POST", "/networks/create", { Name: network });
  const body = {
    Image: "agent",
    Cmd: LOOP,
    Labels: { "firebreak.agent": name },
    Env: ["API_KEY=hunter2hunter2"],
    StopSignal: "KILL",
    HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 }, NetworkMode: network, ...host },
    ...("NetworkMode" in host ? {} : { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: ["scout"] } } } }),
  };
  await expectDone("POST", `/containers/create?name=${name}`, body);
  await expectDone("POST", `/containers/${name}/start`);
  return {
    name,
    network,
    remove: async () => {
      await engine.ask("DELETE", `/containers/${name}?force=true`);
      await engine.ask("DELETE", `/networks/${network}`);
    },
  };
}

const inspection = z.object({
  State: z.object({ Running: z.boolean(), Paused: z.boolean() }),
  HostConfig: z.object({ RestartPolicy: z.unknown() }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ Aliases: z.array(z.string()).nullish() })) }),
});

async function look(name: string) {
  const { State, HostConfig, NetworkSettings } = inspection.parse(
    (await engine.ask("GET", `/containers/${name}/json`)).body,
  );
  const networks = Object.entries(NetworkSettings.Networks).map(([network, { Aliases }]) => ({
    network,
    aliases: (Aliases ?? []).toSorted(),
  }));
  const { Running, Paused } = State;
  return { Running, Paused, policy: HostConfig.RestartPolicy, networks };
}

/** The container of the last world, which is as it was when everything was put back: making one is dear. */
let idle: Made | null = null;

async function takeContainer(): Promise<Made> {
  const last = idle;
  idle = null;
  if (last === null) return makeContainer();
  const { Running, Paused, networks } = await look(last.name);
  if (Running && !Paused && networks.length === 1) return last;
  await last.remove();
  return makeContainer();
}

async function openWorld(home: string): Promise<EffectorWorld> {
  const made = await takeContainer();
  const door = await openEngineDoor(engine, home);
  return {
    settings: { docker: { endpoint: `unix://${door.socket}` } },
    parameters: { container: made.name },
    look: () => look(made.name),
    operations: () => door.changes.length,
    breakAt: (at, which) => door.breakAt(at, which),
    heal: () => door.heal(),
    close: async () => {
      await door.close();
      idle = made;
    },
  };
}

describe.skipIf(!isRoot)("against a real Docker Engine", () => {
  for (const name of ["docker.disconnect", "docker.pause", "docker.contain", "docker.stop", "docker.kill"]) {
    describeEffectorContract(name, { open: openWorld });
  }
});

describe.skipIf(!isRoot)("against a real Docker Engine, containers", () => {
  let home = "";
  let made: Made;
  let effectors: ReadonlyMap<string, Effector>;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "fb-docker-home-"));
    made = await makeContainer();
    effectors = new Map(dockerEffectors({ endpoint: `unix://${engine.socket}` }).map((one) => [one.name, one]));
  });
  afterEach(async () => {
    await made.remove();
    rmSync(home, { recursive: true, force: true });
  });
  const effector = (name: string): Effector => {
    const found = effectors.get(name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  };
  const target = () => ({ container: made.name });
  const ctx = (runId = "run_1") => effectorContextFor(home, { runId });

  test("C-3: what is contained stands still, alone, and is not started again by the engine", async () => {
    expect(await effector("docker.contain").apply(ctx(), target())).toMatchObject({ ok: true });
    expect(await look(made.name)).toEqual({
      Running: true,
      Paused: true,
      policy: { Name: "no", MaximumRetryCount: 0 },
      networks: [],
    });
  });

  test("C-3: containers are found by their label, and one that comes later is seen as not contained", async () => {
    const label = `firebreak.agent=${made.name}`;
    const contain = effector("docker.contain");
    expect(await contain.blastRadius(ctx(), { label })).toMatchObject({ services: [made.name], agents: [made.name] });
    expect(await contain.apply(ctx(), { label })).toMatchObject({ ok: true });
    // the same name, another container: as compose makes it anew
    await expectDone("DELETE", `/containers/${made.name}?force=true`);
    const again = {
      Image: "agent",
      Cmd: LOOP,
      Labels: { "firebreak.agent": made.name },
      HostConfig: { NetworkMode: made.network },
    };
    await expectDone("POST", `/containers/create?name=${made.name}`, again);
    await expectDone("POST", `/containers/${made.name}/start`);
    expect(await contain.verify(ctx(), { label }, {})).toMatchObject({ ok: false });
    expect(await contain.apply({ ...ctx(), repeats: true }, { label })).toMatchObject({ ok: true });
    expect(await look(made.name)).toMatchObject({ Paused: true, networks: [] });
    expect(await contain.undo(ctx(), { label }, {})).toMatchObject({ ok: true });
    expect(await look(made.name)).toMatchObject({ Paused: false, networks: [{ network: made.network }] });
  });

  test("C-3: what was contained can be killed; each is put back alone, in either order", async () => {
    const before = await look(made.name);
    await effector("docker.contain").apply(ctx("run_1"), target());
    expect(await effector("docker.kill").apply(ctx("run_2"), target())).toMatchObject({ ok: true });
    expect(await look(made.name)).toMatchObject({ Running: false });
    expect(await effector("docker.contain").verify(ctx("run_1"), target(), {})).toMatchObject({ ok: true });
    expect(await effector("docker.kill").undo(ctx("run_2"), target(), {})).toMatchObject({ ok: true });
    expect(await look(made.name)).toMatchObject({ Running: true, Paused: true, networks: [] });
    expect(await effector("docker.contain").undo(ctx("run_1"), target(), {})).toMatchObject({ ok: true });
    expect(await look(made.name)).toEqual(before);
  });

  test("C-4: what the engine deletes when it stops is not stopped, and contained instead", async () => {
    const fleeting = await makeContainer({ AutoRemove: true, RestartPolicy: { Name: "no" } });
    try {
      const given = { container: fleeting.name };
      for (const name of ["docker.stop", "docker.kill"]) {
        expect(await effector(name).apply(ctx(name), given)).toMatchObject({ ok: false, reason: "denied" });
      }
      expect(await effector("docker.contain").apply(ctx(), given)).toMatchObject({ ok: true });
    } finally {
      await fleeting.remove();
    }
  });

  test("C-3: a container in the host's network is not called cut off, unless it stands still", async () => {
    const hosted = await makeContainer({ NetworkMode: "host" });
    try {
      const given = { container: hosted.name };
      expect(await effector("docker.disconnect").apply(ctx("run_1"), given)).toMatchObject({ ok: false });
      expect(await effector("docker.contain").apply(ctx("run_2"), given)).toMatchObject({ ok: true });
    } finally {
      await hosted.remove();
    }
  });

  test("C-3: a container that is gone is not contained; its undo has nothing to put back and ends", async () => {
    await effector("docker.contain").apply(ctx(), target());
    await expectDone("DELETE", `/containers/${made.name}?force=true`);
    expect(await effector("docker.contain").undo(ctx(), target(), {})).toMatchObject({ ok: true });
    expect(await effector("docker.contain").apply(ctx("run_2"), target())).toMatchObject({
      ok: false,
      reason: "not_found",
    });
  });

  test("C-4: a snapshot keeps image, logs and processes, once, and no value of the environment", async () => {
    const snapshot = effector("docker.snapshot");
    await effector("docker.pause").apply(ctx("run_p"), target());
    const first = await snapshot.apply(ctx(), target());
    expect(first).toMatchObject({ ok: true, output: { snapshots: [{ name: made.name }] } });
    expect(await snapshot.apply(ctx(), target())).toEqual(first);
    expect(await snapshot.verify(ctx(), target(), {})).toMatchObject({ ok: true });
    expect(await look(made.name)).toMatchObject({ Running: true, Paused: true });
    const dir = join(home, "evidence/containers");
    const [tag = ""] = readdirSync(dir);
    const read = (name: string) => readFileSync(join(dir, tag, name), "utf8");
    expect(read("logs.txt")).toMatch(/^\S+ hello\n$/);
    expect(read("processes.json")).toContain("sleep");
    expect(read("container.json")).toContain("API_KEY=(not kept)");
    expect(read("container.json")).not.toContain("hunter2");
  });

  test("R-4: a container that is a service of the profile is stopped, put back and restarted by its name", async () => {
    const settings = { docker: { endpoint: `unix://${engine.socket}` } };
    const of = (name: string) => effectorOf(name, settings, {}, [{ name: "agent", docker: made.name }]);
    const given = { service: "agent" };
    expect(await of("service.stop").apply(ctx("run_1"), given)).toMatchObject({
      ok: true,
      output: { after: "exited" },
    });
    expect(await of("check.service").apply(ctx(), given)).toMatchObject({ ok: true, output: { active: false } });
    expect(await of("service.stop").undo(ctx("run_1"), given, {})).toMatchObject({ ok: true });
    const restarted = await of("service.restart").apply(ctx("run_2"), given);
    expect(restarted).toMatchObject({ ok: true, output: { before: "running", since: expect.stringMatching(/Z$/) } });
    const gone = effectorOf("service.start", settings, {}, [{ name: "agent", docker: "nobody" }]);
    expect(await gone.apply(ctx("run_3"), given)).toMatchObject({ ok: false, reason: "not_found" });
  });
});

test("C-3: an engine that does not answer is named, with the remedy, before anything is done", async () => {
  const [effector] = dockerEffectors({ endpoint: "unix:///nowhere/docker.sock" });
  const missing = await effector?.checkNeeds();
  expect(missing).toMatchObject([
    { what: expect.stringContaining("/nowhere/docker.sock"), remedy: expect.any(String) },
  ]);
});
