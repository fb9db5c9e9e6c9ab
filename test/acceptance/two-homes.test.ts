// Two servers with homes of their own on one PostgreSQL, as two machines have them.
import { readFileSync } from "node:fs";
import path from "node:path";
import { killswitchView, resumeReceipt, stopReceipt } from "@firebreak/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createTestDatabase } from "../../packages/server/src/storage/testing.ts";
import type { TestDatabase } from "../../packages/server/src/storage/testing.ts";
import { Installation } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";

let database: TestDatabase;
let first: Installation;
let second: Installation;

beforeAll(async () => {
  database = await createTestDatabase();
  first = new Installation({ DATABASE_URL: database.databaseUrl });
  second = new Installation({ DATABASE_URL: database.databaseUrl });
  await first.startServer();
  await second.startServer();
});
afterAll(async () => {
  await second.close();
  await first.close();
  await database.close();
});

const snapshot = z.object({ value: z.object({ holds: z.array(z.object({ id: z.string() })) }) });
/** What gates of that home go by. */
const heldIn = ({ home }: Installation) =>
  snapshot
    .parse(JSON.parse(readFileSync(path.join(home, "killswitch/state.json"), "utf8")))
    .value.holds.map(({ id }) => id);
const within = (what: string, isSo: () => boolean) => waitFor(what, 15_000, async () => (isSo() ? true : undefined));

test("C-1, O-1: a stop through one home holds in the other, and a person's release through either ends it in both", async () => {
  const { value: stop } = await first.json(
    stopReceipt,
    "stop",
    "--agent",
    "scout",
    "--level",
    "deny",
    "--reason",
    "it leaks",
  );
  const { id } = stop.hold;
  expect(heldIn(first)).toEqual([id]);
  await within("the stop in the other home", () => heldIn(second).includes(id));
  const { holds } = await second.call(killswitchView, "GET", "/killswitch");
  expect(holds).toMatchObject([{ id, reason: "it leaks" }]);
  await second.json(resumeReceipt, "resume", id, "--reason", "the key was rotated");
  expect(heldIn(second)).toEqual([]);
  await within("the end of the stop where it was set", () => heldIn(first).length === 0);
  const { history } = await first.call(killswitchView, "GET", "/killswitch");
  expect(history.map((one) => one.releaseReason)).toEqual(["the key was rotated"]);
});
