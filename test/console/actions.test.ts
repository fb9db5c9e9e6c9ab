import { describe, expect, test } from "vitest";
import { useConsole } from "./fixture.ts";

const app = useConsole();
const ACTION = "act_01KDY8M3T0XV5C8QJ2N4R6W9ZB";

describe("C-3: actions in the console", () => {
  test("what is in force says until when, and is undone with a reason", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/actions");
    const row = page.locator(`[data-action="${ACTION}"]`);
    expect(await row.innerText()).toContain("docker.contain");
    await row.getByRole("button", { name: "Undo" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Why").fill("It was rebuilt");
    await dialog.getByRole("button", { name: "Undo" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(backend.acts).toContainEqual({ path: `POST /actions/${ACTION}/undo`, body: { reason: "It was rebuilt" } });
  });

  test("nothing is applied before it was shown what it would touch", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/actions");
    await page.getByRole("button", { name: "Act…" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByRole("button", { name: "Apply" }).count()).toBe(0);
    await dialog.getByLabel("What to do").selectOption("maintenance.lock");
    await dialog.getByLabel("lock", { exact: true }).fill("deploys");
    await dialog.getByLabel("For how long").selectOption("3600");
    await dialog.getByRole("button", { name: "Preview" }).click();
    await dialog.getByText("makes deploys.lock").waitFor();
    await dialog.getByLabel("Reason").fill("A leak is looked into");
    await dialog.getByRole("button", { name: "Apply" }).click();
    await dialog.waitFor({ state: "hidden" });
    const body = {
      effector: "maintenance.lock",
      parameters: { lock: "deploys" },
      reason: "A leak is looked into",
      forSeconds: 3600,
    };
    expect(backend.acts).toContainEqual({ path: "POST /actions", body });
  });
});
