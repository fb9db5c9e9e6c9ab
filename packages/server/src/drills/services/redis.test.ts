import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { redisFilled } from "../faults/redis-filled.ts";
import type { FaultContext } from "../faults/fault.ts";
import { waitFor } from "../sandbox/wait.ts";
import { redis } from "./redis.ts";
import { sendToRedis } from "./send-to-redis.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "firebreak-redis-drill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("L-4: a real Redis of a drill starts from its configuration, is filled to its limit and refuses more", async () => {
  expect(redis.findMissing()).toEqual([]);
  mkdirSync(path.join(folder, "services"));
  const sandbox = { folder } as unknown as FaultContext["sandbox"];
  const { facts, entry } = await redis.prepare(sandbox, "redis", { maxBytes: 4_000_000 });
  const { start } = z.object({ start: z.tuple([z.string(), z.string()]) }).parse(entry["command"]);
  const server = spawn(start[0], [start[1]], { stdio: "ignore" });
  const port = z.number().parse(facts["port"]);
  const answers = () => sendToRedis(port, [["PING"]]).catch(() => undefined);
  expect(await waitFor("Redis", 30_000, answers)).toEqual(["+PONG"]);
  const { what } = await redisFilled.cause({ sandbox } as unknown as FaultContext, { port });
  expect(what).toContain("OOM");
  expect(await sendToRedis(port, [["SET", "one", "x".repeat(1_000_000)]])).toEqual([expect.stringMatching(/^-OOM/)]);
  server.kill("SIGTERM");
  await once(server, "exit");
  expect(readFileSync(path.join(folder, "services/redis/redis.log"), "utf8")).toContain("bye bye");
});
