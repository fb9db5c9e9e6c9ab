import { describe, expect, test } from "vitest";
import { axeViolations, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("C-2: a stop from the console shows what it will touch and a result per target", () => {
  test("a pack: preview, reason, confirm, proof for each target", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/killswitch");
    await settle(page);
    const form = page.getByRole("region", { name: "Stop", exact: true });
    await form.getByRole("radio", { name: "Pack" }).check();
    await form.getByRole("button", { name: "research" }).click();
    const preview = form.getByRole("region", { name: /What it will touch/ });
    await preview.getByText("2 sessions, 2 agents, 1 pack").waitFor();
    expect(await preview.getByRole("listitem").allInnerTexts()).toEqual([
      expect.stringContaining("scout"),
      expect.stringContaining("librarian"),
    ]);

    const confirm = form.getByRole("button", { name: "Freeze 2 sessions" });
    expect(await confirm.getAttribute("aria-disabled")).toBe("true");
    expect(await confirm.getAttribute("title")).toContain("Give a reason");
    await confirm.click({ force: true });
    await page.getByText("Not available now").waitFor();
    expect(backend.acts).toEqual([]);

    await form.getByLabel("Reason").fill("They feed each other");
    await confirm.click();
    const result = form.getByRole("group", { name: "Result of the stop" });
    await result.waitFor();
    expect(await result.innerText()).toContain("Stopped, verified: 2 of 2");
    expect(await result.locator("[data-state=verified_stopped]").allInnerTexts()).toEqual([
      expect.stringMatching(/scout[\s\S]*38 ms[\s\S]*cgroup frozen/),
      expect.stringMatching(/librarian[\s\S]*61 ms/),
    ]);
    expect(backend.acts).toEqual([
      {
        path: "POST /killswitch/stop",
        body: { scope: "pack", target: "research", level: "freeze", reason: "They feed each other" },
      },
    ]);
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole("region", { name: "In force" }).getByText("Pack research").waitFor();
  });

  test("a proof that acts contradicted later says so, and hands over what was signed of it", async () => {
    const page = await app.open(await app.backend(), "/killswitch");
    await settle(page);
    const receipts = page.getByRole("region", { name: "Receipts" });
    const contradicted = receipts.getByRole("listitem").filter({ hasText: "Contradicted" });
    expect(await contradicted.count()).toBe(1);
    expect(await contradicted.innerText()).toContain("Take the stop for unverified");
    const download = page.waitForEvent("download");
    await contradicted.getByRole("button", { name: "Signed addendum" }).click();
    expect((await download).suggestedFilename()).toMatch(/^stp_.*-addendum\.json$/);
    expect(await axeViolations(page)).toEqual([]);
  });

  test("a target without proof is never called stopped, and the next level is offered", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/killswitch?scope=pack&target=ops");
    await settle(page);
    const form = page.getByRole("region", { name: "Stop", exact: true });
    await form.getByLabel("Reason").fill("Silent for too long");
    await form.getByRole("button", { name: "Freeze 1 session" }).click();
    const result = form.getByRole("group", { name: "Result of the stop" });
    await result.getByText("Not everything is proved stopped: 0 of 1 verified").waitFor();
    expect(await result.locator("[data-state=unreachable]").innerText()).toContain("Unreachable");
    await form.getByRole("button", { name: "Go further: kill…" }).click();
    expect(await form.getByRole("radio", { name: /^Kill/ }).isChecked()).toBe(true);
  });

  test("everything: needs the typed word, and a commander", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/");
    await settle(page);
    await page.getByRole("button", { name: "Stop…" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Stop agents" });
    await dialog.getByRole("radio", { name: "Everything" }).check();
    await dialog.getByLabel("Reason").fill("Something is very wrong");
    const confirm = dialog.getByRole("button", { name: "Freeze 3 sessions" });
    await confirm.waitFor();
    expect(await confirm.getAttribute("title")).toContain("Type “everything”");
    await dialog.getByLabel("Type “everything” to confirm").fill("everything");
    await confirm.click();
    await dialog.getByText("Not everything is proved stopped: 2 of 3 verified").waitFor();
    expect(backend.acts.at(-1)?.body).toEqual({ scope: "global", level: "freeze", reason: "Something is very wrong" });

    const responder = await app.open(backend, "/killswitch?scope=global", { role: "responder" });
    await settle(responder);
    const refused = responder.getByRole("button", { name: /sessions$/ });
    await refused.waitFor();
    expect(await refused.getAttribute("title")).toContain("needs the role commander; yours is responder");
  });

  test("a refusal by the server is shown with its remedy, and nothing typed is lost", async () => {
    const page = await app.open(await app.backend(), "/killswitch?scope=agent&target=librarian");
    await settle(page);
    await page.getByLabel("Reason").fill("error-409 please");
    await page.getByRole("button", { name: "Freeze 1 session" }).click();
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(
      /The state has changed[\s\S]*Try again in a second, or use firebreak stop on the host/,
    );
    expect(await page.getByLabel("Reason").inputValue()).toBe("error-409 please");
  });

  test("from an incident the agent is chosen already and the stop belongs to the incident", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0041");
    await settle(page);
    await page.getByRole("button", { name: "Stop librarian…" }).click();
    const dialog = page.getByRole("dialog", { name: "Stop agents" });
    await dialog.getByLabel("Reason").fill("Before it tries again");
    await dialog.getByRole("button", { name: "Freeze 1 session" }).click();
    await dialog.getByText("Stopped, verified: 1 of 1").waitFor();
    expect(backend.acts.at(-1)?.body).toMatchObject({
      scope: "agent",
      target: "librarian",
      incidentId: "INC-2026-0041",
    });
  });

  test("by keyboard from an incident: s, a look, Ctrl-Enter; the reason stands there already", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/incidents/INC-2026-0041");
    await settle(page);
    await page.keyboard.press("s");
    const dialog = page.getByRole("dialog", { name: "Stop agents" });
    await dialog.getByRole("button", { name: "Freeze 1 session" }).waitFor();
    await page.keyboard.press("Control+Enter");
    await dialog.getByText("Stopped, verified: 1 of 1").waitFor();
    expect(backend.acts.at(-1)?.body).toMatchObject({
      target: "librarian",
      reason: expect.stringContaining("librarian tried to delete"),
    });
  });

  test("a stop waits for no preview when the server fails; when it is gone, the command that works without it is named", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/");
    await settle(page);
    await page.route(/\/api\/v1\/killswitch\/(?:preview|stop)/, (route) => route.abort());
    await page.keyboard.press("s");
    const dialog = page.getByRole("dialog", { name: "Stop agents" });
    await dialog.getByLabel("Agent", { exact: true }).and(page.locator("input:focus")).fill("scout");
    await dialog.getByRole("button", { name: "It behaves strangely" }).click();
    const confirm = dialog.getByRole("button", { name: "Freeze without the preview" });
    await confirm.waitFor();
    expect(await dialog.getByRole("region", { name: /What it will touch/ }).innerText()).toContain(
      "confirm it without",
    );
    await confirm.click();
    await dialog
      .getByText("firebreak stop --agent scout --level freeze --reason 'It behaves strangely'", { exact: true })
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.unroute(/\/api\/v1\/killswitch\/(?:preview|stop)/);
    await confirm.click();
    await dialog.getByText("Stopped, verified: 1 of 1").waitFor();
  });

  test("resume asks for the reason and says what runs again", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/killswitch");
    await settle(page);
    await page.getByRole("region", { name: "In force" }).getByRole("button", { name: "Resume…" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Resume agent scout" });
    await dialog.getByLabel("Reason").fill("Cause found and mended");
    await dialog.getByRole("button", { name: "Resume" }).click();
    const done = page.getByRole("dialog", { name: "Hold lifted" });
    expect(await done.innerText()).toContain("1 session continued");
    expect(backend.acts.at(-1)).toEqual({
      path: expect.stringMatching(/^POST \/killswitch\/holds\/.*\/resume$/),
      body: { reason: "Cause found and mended", checked: [] },
    });
    await done.getByRole("button", { name: "Done" }).click();
    expect(await page.getByRole("region", { name: "History" }).innerText()).toContain("Cause found and mended");
  });

  test("a journal that cannot be read is said aloud", async () => {
    const backend = await app.backend();
    backend.sample.killswitch.journalHealthy = false;
    const page = await app.open(backend, "/killswitch");
    expect(await page.getByRole("alert").innerText()).toContain(
      "The stop journal cannot be read, so every gate denies",
    );
  });
});
