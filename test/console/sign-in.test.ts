import { describe, expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { expectReadable } from "./every-mode.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("O-2: signing in", () => {
  test("without a session every address asks for one, and comes back to where one wanted to go", async () => {
    const page = await app.open(await app.backend(), "/agents", { role: "nobody" });
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByLabel("Name").fill("ada");
    await page.getByLabel("Password").fill("wrong");
    await page.keyboard.press("Enter");
    expect(await page.getByRole("alert").innerText()).toMatch(
      /The name, password or link is not right[\s\S]*one-time link/,
    );
    await page.getByLabel("Password").fill("correct horse battery");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Agents" }).waitFor();
  });

  test("too many attempts are told as such", async () => {
    const page = await app.open(await app.backend(), "/sign-in", { role: "nobody" });
    await page.getByLabel("Name").fill("error-429");
    await page.getByLabel("Password").fill("x");
    await page.keyboard.press("Enter");
    expect(await page.getByRole("alert").innerText()).toContain("Too many requests; wait and try again");
  });

  test("a one-time link signs in, leaves the address bar at once, and then a password is chosen", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/sign-in#link=good-link", { role: "nobody" });
    await page.getByRole("heading", { name: "Choose a password" }).waitFor();
    expect(page.url()).toBe(`${backend.url}/sign-in`);
    const submit = page.getByRole("button", { name: "Set the password" });
    expect(await submit.getAttribute("title")).toContain("at least 12 characters");
    await page.getByLabel("New password").fill("correct horse battery");
    await page.getByLabel("The same again").fill("correct horse batterie");
    await page.getByText("The two are not the same.").first().waitFor();
    await page.getByLabel("The same again").fill("correct horse battery");
    await submit.click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(backend.acts.map((act) => act.path)).toEqual(["POST /me/password"]);
  });

  test("a link that was used says so and offers the password", async () => {
    const page = await app.open(await app.backend(), "/sign-in#link=old", { role: "nobody" });
    await page.getByText("This link was used already or is too old.").waitFor();
    expect(await page.getByLabel("Password").count()).toBe(1);
  });

  test("signing out forgets everything", async () => {
    const page = await app.open(await app.backend(), "/");
    await settle(page);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/sign-in");
  });

  test("a session that ends in the middle leads to the sign-in, and back to the same page", async () => {
    const page = await app.open(await app.backend(), "/incidents/INC-2026-0042");
    await settle(page);
    await page.context().clearCookies();
    await page.getByLabel("Note").fill("Still here?");
    await page.getByRole("button", { name: "Add note" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByLabel("Name").fill("ada");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "scout runs away" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/incidents/INC-2026-0042");
  });

  test.each([
    ["light", undefined],
    ["dark", PHONE],
  ] as const)("the sign-in and the new password are accessible in %s", async (scheme, size) => {
    const backend = await app.backend();
    const options = { scheme, ...(size ? { size } : {}) };
    for (const role of ["nobody", "invited"] as const) {
      const page = await app.open(backend, "/sign-in", { ...options, role });
      await page.getByRole("heading", { name: role === "nobody" ? "Sign in" : "Choose a password" }).waitFor();
      expect(await axeViolations(page)).toEqual([]);
    }
  });
});

describe("O-2: settings", () => {
  test("an admin makes a token, sees its secret once, and revokes one", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/settings");
    await settle(page);
    await page.getByLabel("Name", { exact: true }).fill("deploy");
    await page.getByRole("button", { name: "Make a token" }).click();
    const dialog = page.getByRole("dialog", { name: "The token, shown once" });
    expect(await dialog.innerText()).toContain("fbk_once_only_secret");
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Done" }).click();
    expect(await page.locator("body").innerText()).not.toContain("fbk_once_only_secret");
    const row = page.getByRole("listitem").filter({ hasText: "ci" }).first();
    await row.getByRole("button", { name: "Revoke…" }).click();
    const question = page.getByRole("dialog", { name: /^Revoke / });
    expect(await question.innerText()).toContain("cannot be brought back");
    await question.getByRole("button", { name: "Revoke" }).click();
    await row.getByText("Revoked", { exact: true }).waitFor();
    expect(backend.acts.map((act) => act.path)).toEqual(["POST /tokens", "DELETE /tokens/tok_1"]);
  });

  test("D-8: a sender is changed, and what is wrong with a change is said before it is sent", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/settings");
    await settle(page);
    const row = page.getByRole("listitem").filter({ hasText: "alertmanager-eu" });
    await row.getByRole("button", { name: "Change…" }).click();
    const dialog = page.getByRole("dialog", { name: "Change alertmanager-eu" });
    const button = dialog.getByRole("button", { name: "Change" });
    expect(await button.getAttribute("title")).toBe("Nothing is changed yet.");
    await dialog.getByLabel("Its words for severities").fill("page");
    expect(await button.getAttribute("title")).toContain("word=N");
    await dialog.getByLabel("Its words for severities").fill("page=1\nticket = 4");
    await dialog.getByLabel("What proves its messages").selectOption("github");
    expect(await button.getAttribute("title")).toContain("Name the secret");
    await dialog.getByLabel("Name of the secret").fill("CI_SECRET_2");
    await dialog.getByLabel("Name", { exact: true }).fill("alertmanager-west");
    await expectReadable(page);
    await button.click();
    await dialog.waitFor({ state: "hidden" });
    const body = {
      name: "alertmanager-west",
      severities: { page: 1, ticket: 4 },
      signature: { preset: "github", secret: "CI_SECRET_2" },
      overlapHours: 24,
    };
    expect(backend.acts).toEqual([{ path: "POST /sources/alertmanager-eu/change", body }]);
    await page.getByRole("listitem").filter({ hasText: "alertmanager-west" }).waitFor();
  });

  test("D-8: an admin lets a sender in, sees its key and lines once, gives it a new key, and removes one", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/settings");
    await settle(page);
    await page.getByLabel("Name of the sender").fill("metrics-eu");
    await page.getByLabel("Kind").selectOption("alertmanager");
    await page.getByRole("button", { name: "Let it in" }).click();
    const dialog = page.getByRole("dialog", { name: "The key of metrics-eu, shown once" });
    expect(await dialog.innerText()).toContain("fbs_once_only_key");
    expect(await dialog.innerText()).toContain("receivers:");
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Done" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(await page.locator("body").innerText()).not.toContain("fbs_once_only_key");
    const row = page.getByRole("listitem").filter({ hasText: "metrics-eu" });
    await row.getByRole("button", { name: "New key" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Done" }).click();
    await row.getByRole("button", { name: "Remove…" }).click();
    await page
      .getByRole("dialog", { name: "Let metrics-eu in no more?" })
      .getByRole("button", { name: "Remove it" })
      .click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await row.waitFor({ state: "detached" });
    expect(backend.acts.map((act) => act.path)).toEqual([
      "POST /sources",
      "POST /sources/metrics-eu/rotate",
      "DELETE /sources/metrics-eu",
    ]);
    expect(await page.getByText("the key R0…RSTU of 32 characters belongs to no source").count()).toBe(1);
    expect(await page.getByText("Deployed 4.2").count()).toBe(1);
  });

  test("who is no admin is not shown tokens and is told why", async () => {
    const page = await app.open(await app.backend(), "/settings", { role: "responder" });
    await page.getByText("Tokens, senders and people are for admins").waitFor();
    expect(await page.getByText("API tokens").count()).toBe(0);
  });
});
