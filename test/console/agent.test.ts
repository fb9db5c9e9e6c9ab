import { expect, test } from "vitest";
import { settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

test("C-8: an agent's page shows its budgets and what is cut off; a commander begins anew and closes, with a reason", async () => {
  const backend = await app.backend();
  const page = await app.open(backend, "/agents", { role: "commander" });
  await page.getByRole("link", { name: "scout" }).click();
  await page.waitForURL("**/agents/scout");
  await settle(page);
  const budgets = page.getByRole("region", { name: "Budgets" });
  expect(await budgets.innerText()).toContain("10 of 10 money today");
  expect(await budgets.innerText()).toContain("Used up");
  await budgets.getByRole("button", { name: "Begin anew…" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Begin the budget anew" });
  await dialog.getByLabel("Why").fill("the import ran twice");
  await dialog.getByRole("button", { name: "Begin anew" }).click();
  await budgets.getByText("0 of 10 money today").waitFor();
  const breakers = page.getByRole("region", { name: "Circuit breakers" });
  expect(await breakers.innerText()).toContain("Ada: it writes to the wrong people");
  await breakers.getByRole("button", { name: "Allow…" }).first().click();
  await page.getByLabel("Why").fill("the list is mended");
  await page.getByRole("button", { name: "Allow again" }).click();
  await breakers.getByText("Isolated").waitFor({ state: "detached" });
  expect(backend.acts).toEqual([
    {
      path: "POST /budgets/reset",
      body: { budget: "spend-a-day", subject: "scout", metric: "money", reason: "the import ran twice" },
    },
    { path: "POST /breakers/close", body: { breaker: "tools", subject: "send_mail", reason: "the list is mended" } },
  ]);
});

test("C-8: a responder may isolate but not close or begin anew, and the buttons say why", async () => {
  const page = await app.open(await app.backend(), "/agents/scout", { role: "responder" });
  await settle(page);
  const isDisabled = (name: string) => page.getByRole("button", { name }).first().getAttribute("aria-disabled");
  expect([await isDisabled("Begin anew…"), await isDisabled("Allow…")]).toEqual(["true", "true"]);
  expect(await isDisabled("Isolate…")).not.toBe("true");
});
