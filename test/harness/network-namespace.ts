import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A network namespace, with mounts of its own, and one process in it; it is gone with the process. Needs root on Linux. */
export interface NetworkNamespace {
  readonly pid: number;
  /** @returns what the process answers (test/agents/in-namespace.ts); @throws what it failed with */
  order(order: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Runs a program in it. */
  run(...command: string[]): Promise<string>;
  close(): Promise<void>;
}

/**
 * @param program a bundle of test/agents/in-namespace.ts
 * @param beside the process whose namespaces it shares; without it, it has its own
 */
export async function openNamespace(program: string, beside?: number): Promise<NetworkNamespace> {
  const spaces = ["--net", "--mount", process.execPath, program];
  const child =
    beside === undefined
      ? spawn("unshare", spaces, { stdio: ["pipe", "pipe", "inherit"] })
      : spawn("nsenter", ["--target", String(beside), ...spaces], { stdio: ["pipe", "pipe", "inherit"] });
  const { pid } = child;
  if (pid === undefined) throw new Error("unshare did not start");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const order = async (given: Readonly<Record<string, unknown>>) => {
    child.stdin.write(`${JSON.stringify(given)}\n`);
    const next = await lines.next();
    if (next.done === true) throw new Error("the process in the namespace ended");
    const told: { answer?: unknown; fault?: string } = JSON.parse(next.value);
    if (told.fault !== undefined) throw new Error(told.fault);
    return told.answer;
  };
  const run = async (...command: string[]) => String(await order({ do: "run", command }));
  await run("ip", "link", "set", "lo", "up");
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.stdin.end();
    await once(child, "exit");
  };
  return { pid, order, run, close };
}

/** A cable between two namespaces, with an address at each end. */
export async function connectNamespaces(
  one: NetworkNamespace,
  other: NetworkNamespace,
  addresses: { readonly one: readonly string[]; readonly other: readonly string[] },
): Promise<void> {
  await one.run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", String(other.pid));
  const ends = [
    [one, addresses.one],
    [other, addresses.other],
  ] as const;
  for (const [space, own] of ends) {
    for (const address of own) {
      const noDuplicateCheck = address.includes(":") ? ["nodad"] : [];
      await space.run("ip", "address", "add", address, "dev", "cable", ...noDuplicateCheck);
    }
    await space.run("ip", "link", "set", "cable", "up");
  }
}
