import { describe, expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";

const app = useConsole();

describe("L-4: drills in the console", () => {
  test("what no drill proves as it is now stands first; times are charted against targets, and are numbers too", async () => {
    const page = await app.open(await app.backend(), "/drills");
    await settle(page);
    const needed = page.getByRole("region", { name: "Need a drill" });
    expect(await needed.innerText()).toMatch(/A service is down[^]*Drill overdue[^]*Proven on an older text/);
    expect(await needed.innerText()).not.toContain("Rogue agent");
    expect(await page.getByRole("region", { name: "No drill yet" }).innerText()).toContain("Rogue agent");
    const chart = page.getByRole("figure", { name: /Contained/ });
    expect(await chart.locator("rect[data-met=true]").count()).toBe(2);
    expect(await chart.locator("rect[data-met=false]").count()).toBe(1);
    expect(await chart.locator(".span-target").count()).toBe(1);
    await chart.getByText("As numbers").click();
    expect(await chart.getByRole("row").nth(1).innerText()).toMatch(/22 s\s+15 s\s+too late/);
    expect(await page.getByRole("group", { name: "A service is down" }).innerText()).toContain("Partly proven");
    await page.getByRole("link", { name: /1 target missed/ }).click();
    await page.waitForURL("**/drills/drl_*");
  });

  test("one that failed says what did not hold, and what was not exercised is never proven", async () => {
    const page = await app.open(await app.backend(), "/drills/drl_00000000000000000000000001", { size: PHONE });
    await settle(page);
    const text = await page.locator("main").innerText();
    expect(text).toMatch(/Failed[^]*did not answer within its target[^]*Too late[^]*Did not hold[^]*Not exercised/);
    expect(text).toContain("Not as the drill expected");
    expect(await axeViolations(page)).toEqual([]);
  });

  test("none yet teaches how to make one", async () => {
    const page = await app.open(await app.backend("empty"), "/drills");
    await settle(page);
    await page.getByText("firebreak drill --all").waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });
});
