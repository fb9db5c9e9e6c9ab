import { afterAll, beforeAll, expect, test } from "vitest";
import { getApproval, requestApproval } from "../../approvals/index.ts";
import { inTransaction } from "../../storage/index.ts";
import { contextFor } from "../house.ts";
import type { OpenHouse } from "../open-house.ts";
import { stopAgents } from "./stop-agents.ts";
import { openTestHouse } from "./testing.ts";
import type { TestHouse } from "./testing.ts";

const ada = { kind: "person", id: "usr_ada", name: "ada" } as const;
const playbook = { kind: "playbook", id: "clean-up", name: "Clean up" } as const;
const reader = { actor: ada, access: "admin" } as const;
let opened: TestHouse;
let house: OpenHouse;

beforeAll(async () => {
  opened = await openTestHouse();
  ({ house } = opened);
});
afterAll(() => opened.close());

test("C-2: questions that wait for a person outlive a stop of everything and its end, as they were", async () => {
  const asked = await inTransaction(house.database, (trx) =>
    requestApproval(trx, contextFor(house, playbook), {
      kind: "playbook.step",
      title: "Delete the old logs",
      reason: "the disk is full",
      arguments: { path: "/var/log/old" },
      preview: ["deletes 3 files"],
      expiresInMs: 3_600_000,
      role: "commander",
    }),
  );
  const before = await getApproval(house, reader, asked.id);
  const { hold } = await stopAgents(house, ada, { scope: "global", level: "kill", reason: "it leaks" });
  expect(await getApproval(house, reader, asked.id)).toEqual(before);
  await house.killswitch.release(hold.id, { actor: ada, reason: "the key was rotated" });
  expect(await getApproval(house, reader, asked.id)).toMatchObject({ state: "pending", answers: [] });
});
