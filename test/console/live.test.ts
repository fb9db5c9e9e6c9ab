import { describe, expect, test } from "vitest";
import { settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("O-2: the console is live", () => {
  test("a change on the server appears by itself", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/");
    await settle(page);
    await page.locator(".side [data-state=live]").waitFor();
    const first = backend.sample.incidents[0];
    if (!first) throw new Error("the sample has incidents");
    backend.sample.incidents.unshift({ ...first, id: "INC-2026-0099", title: "A new one appears" });
    backend.change("incident", "INC-2026-0099");
    await page.getByRole("region", { name: "What is wrong" }).getByText("A new one appears").waitFor();
    expect(await page.locator("[data-headline]").innerText()).toContain("4 incidents open");
  });

  test("two people see each other's notes", async () => {
    const backend = await app.backend();
    const writer = await app.open(backend, "/incidents/INC-2026-0042");
    const reader = await app.open(backend, "/incidents/INC-2026-0042", { role: "viewer" });
    await settle(writer);
    await reader.locator(".side [data-state=live]").waitFor();
    await writer.getByLabel("Note").fill("I have called the owner");
    await writer.getByLabel("Note").press("Control+Enter");
    await expect.poll(() => reader.locator(".timeline").innerText()).toContain("I have called the owner");
  });

  test("a lost connection is said, with what still works; when it is back, what was missed is fetched", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/");
    await settle(page);
    await page.locator(".side [data-state=live]").waitFor();
    backend.setLive(false);
    await page.getByText("The live connection is lost; what you see may be old.").waitFor();
    expect(await page.locator(".stale-note").innerText()).toContain("firebreak stop --global --reason TEXT");
    backend.sample.incidents.splice(0, 1);
    backend.setLive(true);
    await page.locator(".side [data-state=live]").waitFor({ timeout: 20_000 });
    await expect.poll(() => page.locator("[data-headline]").innerText()).toContain("2 incidents open");
  });

  test("a server that does not answer is told from one that refuses", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/rules");
    await settle(page);
    await page.route(/\/api\/v1\/agents/, (route) => route.abort());
    await page.getByRole("link", { name: "Agents", exact: true }).click();
    const alert = page.getByRole("alert");
    await alert.waitFor({ timeout: 20_000 });
    expect(await alert.innerText()).toMatch(
      /The Firebreak server does not answer[\s\S]*firebreak stop --global --reason TEXT/,
    );
  });
});
