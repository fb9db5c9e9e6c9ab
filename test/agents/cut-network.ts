import { spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { PassThrough } from "node:stream";
import { agentEffectors, listSupervisors, runSupervisor } from "../../packages/server/src/containment/index.ts";
import { createNewId, silentLogger, systemClock } from "../../packages/server/src/kernel/index.ts";
import { until } from "./process-trees.ts";

/**
 * In a network of its own (`unshare --net node cut-network.mjs HOME`): an agent asks a server again and again, is cut off,
 * and let go. Prints what was seen as JSON.
 */
const [home = ""] = process.argv.slice(2);
const clock = systemClock;
const newId = createNewId(() => clock.now());

/** A fresh network has its loopback down. */
const LOOPBACK_UP =
  'use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0); my $r = pack("a16sx22", "lo", 0x41); ioctl($s, 0x8914, $r) or die $!';
spawnSync("perl", ["-e", LOOPBACK_UP], { stdio: "inherit" });

let asked = 0;
const server = createServer((_, response) => {
  asked++;
  response.end("hello");
});
await new Promise<void>((resolve) => server.listen(8099, "127.0.0.1", resolve));

const ask =
  'use IO::Socket::INET; while (1) { my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1:8099", Timeout => 1); ' +
  'if ($c) { print $c "GET / HTTP/1.0\\r\\n\\r\\n"; my @l = <$c>; close $c } select undef, undef, undef, 0.02 }';
const exit = runSupervisor({
  home,
  agent: "scout",
  command: ["perl", "-e", ask],
  cwd: "/",
  env: process.env,
  clock,
  newId,
  logger: silentLogger,
  stdio: { stdin: "ignore", stdout: new PassThrough().resume(), stderr: new PassThrough().resume() },
  signals: new EventEmitter(),
});
await until("the agent asks", () => asked > 2);
await until("its group is known", () => listSupervisors({ home }).some(({ tag }) => tag !== null));

const effector = agentEffectors.find(({ name }) => name === "agent.cut_network");
if (effector === undefined) throw new Error("there is no agent.cut_network");
const actor = { kind: "person", id: "usr_1", name: "Ada" } as const;
const signal = new AbortController().signal;
const ctx = {
  home,
  clock,
  newId,
  logger: silentLogger,
  actor,
  incidentId: null,
  runId: "run_1",
  stepId: "s",
  expiresAt: null,
  signal,
};
const parameters = { agentId: "scout", reason: "test" };
const applied = await effector.apply(ctx, parameters);
const before = asked;
await new Promise((resolve) => setTimeout(resolve, 400));
const whileCut = asked - before;
const others = await (await fetch("http://127.0.0.1:8099")).text();
const again = await effector.apply(ctx, parameters);
const undone = await effector.undo(ctx, parameters, {});
await until("it asks again", () => asked > before + 3);
const unverified = await effector.verify(ctx, parameters, again.output ?? {});
process.stdout.write(JSON.stringify({ applied, whileCut, others, again, undone, unverified }) + "\n");
for (const { root } of listSupervisors({ home })) if (root !== null) process.kill(root.pid, "SIGKILL");
await exit;
server.close();
server.closeAllConnections();
