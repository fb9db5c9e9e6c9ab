import { describe, expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("P-1: playbooks in the console", () => {
  test("the library names what each is for, and the files that do not run, each with its line and remedy", async () => {
    const page = await app.open(await app.backend(), "/playbooks");
    await settle(page);
    const fault = page.locator("main .notice").first();
    expect(await fault.innerText()).toMatch(/half-written[^]*Line 2, column 8[^]*timeBox: 10s/);
    const rows = page.locator(".rows").first().locator("[data-row]");
    expect(await rows.first().innerText()).toMatch(/A service is down[^]*System outage[^]*15 steps[^]*1 warning/);
    await page.getByLabel("Search").fill("runaway");
    expect(await rows.count()).toBe(1);
    await rows.first().click();
    await page.waitForURL("**/playbooks/rogue-agent");
  });

  test("nothing to show teaches the next step", async () => {
    const page = await app.open(await app.backend("empty"), "/playbooks");
    await settle(page);
    await page.getByText("No playbook is loaded").waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  test("one reads like a runbook: exact words, conditions in words, commands, what destroys, who says yes", async () => {
    const page = await app.open(await app.backend(), "/playbooks/service-down");
    await settle(page);
    const restart = page.locator("#step-restart");
    expect(await restart.innerText()).toMatch(
      /Destroys evidence[^]*Needs 2 yes[^]*Can be undone[^]*The snapshot is complete/,
    );
    expect(await page.locator("#step-answers").innerText()).toMatch(
      /“Decide how bad it is” succeeded[^]*up is true and status is below 400/,
    );
    expect(await page.locator("#step-postgres-log").innerText()).toContain(
      String.raw`tail -n 50 '/var/log/postgresql/it'\''s main.log'`,
    );
    expect(await page.locator("#step-look").innerText()).toMatch(
      /Open the dashboard[^]*The first error is found[^]*optional/,
    );
    expect(await page.locator("#step-how-bad").innerText()).toMatch(/Nobody notices yet[^]*when no other holds/);
  });

  test("the graph is walked by arrow keys, and leads to the words of a step", async () => {
    const page = await app.open(await app.backend(), "/playbooks/service-down?view=graph");
    await settle(page);
    const boxes = page.locator(".flow-node");
    expect(await boxes.count()).toBe(15);
    await boxes.first().focus();
    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
    await page.keyboard.press("Enter");
    const focused = page.locator("#step-restart:focus");
    await focused.waitFor();
    expect(page.url()).not.toContain("view=graph");
  });

  test("the source shows each problem under its line", async () => {
    const page = await app.open(await app.backend(), "/playbooks/service-down?view=source", { size: PHONE });
    await settle(page);
    const faulty = page.locator(".source-lines > li[data-faulty]");
    expect(await faulty.count()).toBe(1);
    expect(await faulty.innerText()).toMatch(/timeBox: 1m[^]*long for a probe[^]*10s/);
  });
});
