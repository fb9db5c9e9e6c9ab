import type { Actor } from "@firebreak/protocol";
import { newSavedViewRequest } from "@firebreak/protocol";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { changeSavedView, createSavedView, listSavedViews, removeSavedView } from "./index.ts";
import { createExplorerBench } from "./testing.ts";

let bench: Awaited<ReturnType<typeof createExplorerBench>>;
beforeAll(async () => {
  bench = await createExplorerBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.test.database.pool.query("truncate saved_views, audit_log");
});

const bob: Actor = { kind: "person", id: "usr_bob", name: "bob" };
const asBob = () => ({ ...bench.ctx, actor: bob });
const denied = (more: object = {}) =>
  newSavedViewRequest.parse({ name: "denied", filters: { outcome: "denied,failure" }, ...more });

test("E-5: a view is one's own until it is shared, and its filters are kept as the API takes them", async () => {
  const made = await createSavedView(bench.ctx, denied());
  expect(made).toMatchObject({ name: "denied", own: true, shared: false, filters: { outcome: "denied,failure" } });
  expect(await listSavedViews(asBob())).toEqual([]);
  await changeSavedView(bench.ctx, {
    id: made.id,
    ...denied({ shared: true, filters: { kind: "command", path: ["data.a=1"] } }),
  });
  expect(await listSavedViews(asBob())).toMatchObject([
    { id: made.id, own: false, shared: true, owner: { name: "ada" }, filters: { kind: "command", path: ["data.a=1"] } },
  ]);
  const { rows } = await bench.test.database.pool.query("select action, target from audit_log order by seq");
  expect(rows).toEqual([
    { action: "view.create", target: made.id },
    { action: "view.change", target: made.id },
  ]);
});

test("E-5: nobody changes what somebody else saved; an admin may remove what is shared", async () => {
  const own = await createSavedView(bench.ctx, denied());
  const shared = await createSavedView(bench.ctx, denied({ name: "risks", shared: true }));
  await expect(changeSavedView(asBob(), { id: own.id, ...denied() })).rejects.toMatchObject({ code: "not_found" });
  await expect(removeSavedView(asBob(), { id: own.id, mayRemoveOthers: true })).rejects.toMatchObject({
    code: "not_found",
  });
  await expect(changeSavedView(asBob(), { id: shared.id, ...denied() })).rejects.toMatchObject({ code: "forbidden" });
  await expect(removeSavedView(asBob(), { id: shared.id, mayRemoveOthers: false })).rejects.toMatchObject({
    code: "forbidden",
  });
  await removeSavedView(asBob(), { id: shared.id, mayRemoveOthers: true });
  await removeSavedView(bench.ctx, { id: own.id, mayRemoveOthers: false });
  expect(await listSavedViews(bench.ctx)).toEqual([]);
});

test("E-5: a name is taken once by each person, and once by what is shared; filters that cannot be read are refused", async () => {
  const made = await createSavedView(bench.ctx, denied({ shared: true }));
  await expect(createSavedView(bench.ctx, denied())).rejects.toMatchObject({ code: "conflict" });
  await expect(createSavedView(asBob(), denied({ shared: true }))).rejects.toMatchObject({ code: "conflict" });
  const other = await createSavedView(asBob(), denied());
  await expect(changeSavedView(asBob(), { id: other.id, ...denied({ shared: true }) })).rejects.toMatchObject({
    code: "conflict",
  });
  const broken = denied({ name: "x", filters: { path: "data.[" } });
  await expect(createSavedView(bench.ctx, broken)).rejects.toMatchObject({ code: "bad_request" });
  await expect(changeSavedView(bench.ctx, { ...broken, id: made.id })).rejects.toMatchObject({ code: "bad_request" });
  for (const name of ["", "a\nb", "a\u202eb", "x".repeat(81)]) {
    expect(newSavedViewRequest.safeParse({ name, filters: {} }).success, name).toBe(false);
  }
});
