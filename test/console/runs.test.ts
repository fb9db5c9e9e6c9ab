import { describe, expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("P-1: a run as it happens", () => {
  test("a decision is made by one of big buttons, while its clock counts down", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/runs/run_deciding");
    await settle(page);
    const task = page.getByRole("group", { name: "Decide how bad it is" });
    expect(await task.innerText()).toMatch(/m \d\ds left[^]*Incident lead[^]*does anybody notice\?/);
    await task.getByLabel("Why (optional)").fill("the shop is empty");
    await task.getByRole("button", { name: /Customers notice/ }).click();
    await expect
      .poll(() => backend.acts)
      .toEqual([
        {
          path: "POST /runs/run_deciding/steps/how-bad/complete",
          body: { option: "major", note: "the shop is empty" },
        },
      ]);
    await task.waitFor({ state: "detached" });
  });

  test("a manual step is ticked, written down and done by a thumb at 360 px", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/runs/run_manual", { size: PHONE });
    await settle(page);
    const task = page.getByRole("group", { name: "Look at the logs" });
    const done = task.getByRole("button", { name: "Done", exact: true });
    expect(await done.getAttribute("title")).toBe("Tick the 2 other lines first.");
    for (const tick of await task.locator(".tick").all()) {
      expect((await tick.boundingBox())?.height).toBeGreaterThanOrEqual(44);
      await tick.click();
    }
    expect(await done.getAttribute("title")).toContain("The first error");
    await task.getByRole("textbox", { name: "The first error" }).fill("connection refused");
    await task.getByLabel("Requests that failed").fill("41");
    await done.click();
    await expect
      .poll(() => backend.acts.at(-1)?.body)
      .toEqual({
        result: "done",
        note: "Done as it is written.",
        checked: ["The dashboard shows the last hour", "The first error is found"],
        captured: { firstError: "connection refused", requests: 41 },
      });
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(PHONE.width);
  });

  test("an interrupted step asks what became of it, and offers no answer without what was seen", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/runs/run_interrupted");
    await settle(page);
    const task = page.getByRole("group", { name: "Restart the service" });
    const again = task.getByRole("button", { name: "It did not: run it again" });
    expect(await again.getAttribute("title")).toContain("Say what you saw");
    await task.getByLabel("What you saw").fill("the unit is up since yesterday");
    await again.click();
    await expect.poll(() => backend.acts.at(-1)?.body).toMatchObject({ result: "again" });
  });

  test("a run is paused and a step skipped with a reason; what is not allowed says why", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/runs/run_deciding", { role: "responder" });
    await settle(page);
    expect(await page.getByRole("button", { name: "Abort and undo…" }).getAttribute("title")).toContain("commander");
    await page.getByRole("button", { name: "Pause…" }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("wait for the network team");
    await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused by ada").waitFor();
    await page.getByRole("button", { name: "More for Contain the agent that caused it" }).click();
    await page.getByRole("menuitem", { name: "Skip it…" }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("no agent was involved");
    await page.getByRole("dialog").getByRole("button", { name: "Skip" }).click();
    await expect.poll(() => backend.acts.at(-1)?.path).toBe("POST /runs/run_deciding/steps/rogue/skip");
    await page.getByRole("button", { name: "More for Restart the service" }).click();
    const required = page.getByRole("menuitem", { name: "Skip it…" });
    expect(await required.getAttribute("title")).toContain("role commander");
    expect(await axeViolations(page)).toEqual([]);
  });

  test("what a run did is undone by a commander, with a reason, once it has ended", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/runs/run_completed", { role: "commander" });
    await settle(page);
    expect(await page.getByRole("button", { name: "Pause…" }).getAttribute("title")).toBe("The run has ended.");
    await page.getByRole("button", { name: "Undo…" }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("it was the wrong service");
    await page.getByRole("dialog").getByRole("button", { name: "Undo" }).click();
    await expect
      .poll(() => backend.acts.at(-1))
      .toEqual({ path: "POST /runs/run_completed/undo", body: { reason: "it was the wrong service" } });
    await page.getByRole("button", { name: "Undo…" }).click();
    await page.getByRole("dialog").getByLabel("What").selectOption("recover");
    await page.getByRole("dialog").getByLabel("Why").fill("only that was wrong");
    await page.getByRole("dialog").getByRole("button", { name: "Undo" }).click();
    await expect
      .poll(() => backend.acts.at(-1))
      .toEqual({ path: "POST /runs/run_completed/undo", body: { phase: "recover", reason: "only that was wrong" } });
  });

  test("news of the run is shown without asking", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/runs/run_deciding");
    await settle(page);
    const run = backend.sample.library.runs.find(({ id }) => id === "run_deciding");
    const step = run?.steps.find(({ id }) => id === "how-bad");
    if (step) Object.assign(step, { state: "timed_out", reason: "time_box" });
    if (run) Object.assign(run, { state: "failed", reason: "step_timed_out" });
    backend.change("run", "run_deciding");
    await expect.poll(() => page.locator(".verdict").innerText()).toContain("Failed: its goal was not reached");
  });
});

describe("a playbook is started", () => {
  test("only after its inputs and what it would do were seen", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/playbooks/service-down");
    await settle(page);
    await page.getByRole("button", { name: "Start…" }).click();
    const dialog = page.getByRole("dialog");
    const show = dialog.getByRole("button", { name: "Show what it would do" });
    expect(await show.getAttribute("title")).toContain("Fill in service first");
    await dialog.getByLabel("service", { exact: true }).fill("web");
    await show.click();
    const preview = dialog.getByRole("region", { name: "What would happen" });
    expect(await preview.innerText()).toMatch(
      /15 steps on all branches[^]*1 step would be refused[^]*three times in ten minutes/,
    );
    expect(await preview.innerText()).toMatch(
      /No other run acts on service:[^]*run_deciding does now[^]*What people would be asked[^]*What stays/,
    );
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByLabel("service", { exact: true }).fill("shop");
    await preview.waitFor({ state: "detached" });
    await show.click();
    await dialog.getByRole("button", { name: "Start it" }).click();
    await page.waitForURL("**/runs/run_new");
    expect(backend.acts.at(-1)?.body).toMatchObject({
      playbookId: "service-down",
      observe: false,
      incidentId: null,
      inputs: { service: "shop", packs: ["research"], calm: false },
    });
  });

  test("from an incident, with what is known of it filled in", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0041?tab=actions");
    await settle(page);
    const fits = page.getByRole("region", { name: "Playbooks that fit" });
    await fits.getByRole("button", { name: "Start…" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByLabel("agentId").inputValue()).toBe("scout");
    expect(await dialog.getByLabel("For the incident").inputValue()).toBe("INC-2026-0041");
  });
});
