import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadPlaybooks } from "./load-playbooks.ts";
import { fileEffectors } from "./testing/file-effectors.ts";
import { actionFields, playbookText, stepFields } from "./testing/playbook-text.ts";
import type { StepFields } from "./testing/playbook-text.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "firebreak-calls-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(id: string, calls: readonly string[], inputs: Readonly<Record<string, unknown>> = {}): void {
  const steps = calls.map((called) => stepFields(`call-${called}`, "sub-playbook", { playbook: called, inputs }));
  const text = playbookText([actionFields("do"), ...steps], { id, title: id });
  writeFileSync(join(directory, `${id}.yaml`), text);
}

async function load() {
  const { playbooks, problems } = await loadPlaybooks([directory], fileEffectors);
  const errors = problems.filter(({ level }) => level === "error");
  return { loaded: [...playbooks.keys()], errors };
}

describe("P-1: calls of other playbooks", () => {
  test("three deep load", async () => {
    write("a", ["b"]);
    write("b", ["c"]);
    write("c", ["d"]);
    write("d", []);
    expect(await load()).toEqual({ loaded: ["a", "b", "c", "d"], errors: [] });
  });

  test("deeper is refused, of those that are too deep", async () => {
    for (const [id, called] of [
      ["a", "b"],
      ["b", "c"],
      ["c", "d"],
      ["d", "e"],
    ] as const)
      write(id, [called]);
    write("e", []);
    const { loaded, errors } = await load();
    expect(loaded).toEqual(["b", "c", "d", "e"]);
    expect(errors).toMatchObject([{ message: expect.stringMatching(/3 deep at most: a → b → c → d → e/), column: 9 }]);
  });

  test("a circle is refused, and everything that leads into it", async () => {
    write("a", ["b"]);
    write("b", ["c"]);
    write("c", ["b"]);
    write("d", []);
    const { loaded, errors } = await load();
    expect(loaded).toEqual(["d"]);
    expect(errors.map(({ message }) => message)).toEqual(
      expect.arrayContaining([expect.stringMatching(/never end: b → c → b/)]),
    );
  });

  test("of one that is not there, or has errors itself, is refused", async () => {
    write("a", ["b"]);
    write("b", ["gone"]);
    const { loaded, errors } = await load();
    expect(loaded).toEqual([]);
    expect(errors.map(({ message }) => message)).toEqual([
      "there is no playbook gone that may run",
      "there is no playbook b that may run",
    ]);
  });

  test("with inputs that it has not is refused where they stand", async () => {
    write("a", ["b"], { other: 1 });
    write("b", []);
    const { errors } = await load();
    expect(errors).toMatchObject([{ message: "b has no input other", remedy: "its inputs are: none" }]);
  });

  test("about an agent that nobody locks is warned of where it stands", async () => {
    const about = { inputs: { agentId: { type: "string" } } };
    const save = (id: string, steps: readonly StepFields[], extra: Readonly<Record<string, unknown>> = {}) =>
      writeFileSync(join(directory, `${id}.yaml`), playbookText(steps, { id, title: id, ...extra }));
    const act = actionFields("act", { with: { name: "${inputs.agentId}" } });
    save("b", [act], about);
    const call = (agentId: string) => stepFields("call", "sub-playbook", { playbook: "b", inputs: { agentId } });
    const warnings = async () =>
      (await loadPlaybooks([directory], fileEffectors)).problems.map(({ level, remedy }) => `${level}: ${remedy}`);
    save("a", [call("bob")]);
    expect(await warnings()).toEqual([]);
    save("a", [call("bob")], { locks: ["host:db1"] });
    expect(await warnings()).toEqual(['warning: add "agent:bob" to the locks of this playbook']);
    save("a", [call("bob")], { locks: ["agent:bob"] });
    expect(await warnings()).toEqual([]);
    save("a", [actionFields("make"), call("${steps.make.output.name}")]);
    expect(await warnings()).toEqual([
      "warning: give agentId as a text or as ${inputs.x}, or have a run of its own act on it",
    ]);
  });

  test("that acts under a lock is refused unless the caller takes that lock, with its inputs filled in", async () => {
    const writeLocked = (id: string, extra: Readonly<Record<string, unknown>>, steps = [actionFields("do")]) => {
      writeFileSync(join(directory, `${id}.yaml`), playbookText(steps, { id, title: id, ...extra }));
    };
    const call = (host: string) => stepFields("call", "sub-playbook", { playbook: "b", inputs: { host } });
    const host = { host: { type: "string" } };
    writeLocked("b", { inputs: host, locks: ["host:${inputs.host}"] });
    writeLocked("a", { inputs: { name: host.host } }, [call("${inputs.name}")]);
    expect((await load()).errors).toMatchObject([
      { remedy: 'add "host:${inputs.name}" to the locks of this playbook' },
    ]);
    writeLocked("a", { inputs: { name: host.host }, locks: ["host:${inputs.name}"] }, [call("${inputs.name}")]);
    expect((await load()).errors).toEqual([]);
    writeLocked("a", { locks: ["host:db1"] }, [call("db1")]);
    expect((await load()).errors).toEqual([]);
    writeLocked("a", {}, [actionFields("make"), call("${steps.make.output.name}")]);
    expect((await load()).errors).toMatchObject([
      { message: expect.stringMatching(/known only when the step begins/) },
    ]);
  });
});
