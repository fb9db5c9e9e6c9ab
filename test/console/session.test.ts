import { describe, expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";
import { sessionOf } from "./sample-session.ts";

const app = useConsole();

describe("E-5: a session as a conversation", () => {
  test("says what was told, called and denied, by what, and marks the gap, the stop and the alert", async () => {
    const page = await app.open(await app.backend(), "/sessions/ses_1");
    await settle(page);
    const list = page.getByRole("list", { name: "What was said and done" });
    const text = await list.innerText();
    expect(text).toMatch(/Told[^]*Tidy up the archive[^]*Thought[^]*Called[^]*list_files[^]*Succeeded\s+after 840 ms/);
    expect(text).toMatch(/Silence for 4m 30s[^]*Ran[^]*told 2m 05s later[^]*Alert, critical[^]*Stopped: Freeze/);
    expect(text).toContain("Denied by the stop of agent scout (It deletes the archive)");
    expect(text).toContain("Denied by the policy: payments: no payments at night");
    expect(text).toContain("ada: ada has it.");
    expect(text).not.toContain("line 40 of the listing");
    await page.getByRole("button", { name: "Show all 40 lines" }).click();
    expect(await list.innerText()).toContain("line 40 of the listing");
  });

  test("leads to the moments worth seeing, and every moment has an address", async () => {
    const page = await app.open(await app.backend(), "/agents");
    await page.getByRole("link", { name: "session replay" }).first().click();
    await page.waitForURL("**/sessions/*");
    await settle(page);
    const marks = page.getByRole("region", { name: "Moments to look at" });
    await marks.getByRole("link", { name: /delete_all/ }).click();
    await page.waitForURL("**?event=17");
    const target = page.locator("[data-seq='17']");
    expect(await target.getAttribute("aria-current")).toBe("true");
    expect(await page.evaluate("document.activeElement?.closest('[data-seq]')?.getAttribute('data-seq')")).toBe("17");
    await page.keyboard.press("]");
    await page.waitForURL("**?event=18");
    await page.keyboard.press("[");
    await page.waitForURL("**?event=17");
    await page.getByRole("button", { name: "Later" }).first().click();
    await page.waitForURL("**?after=1.18");
    await page.getByRole("button", { name: "Beginning" }).first().waitFor();
  });

  test("follows live until it is paused", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/sessions/ses_1");
    await settle(page);
    await page.getByRole("button", { name: "Follow live" }).click();
    await page.waitForURL("**?follow=1");
    const [first] = sessionOf(backend.sample, () => new Date().toISOString()).moments;
    if (first?.type === "event")
      backend.sample.later.push({ ...first, seq: 99, text: { text: "And one more thing", length: 18 } });
    await page.locator("[data-seq='99']").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.waitForURL("**?end=1");
    expect(await page.getByRole("button", { name: "Follow live" }).getAttribute("aria-pressed")).toBe("false");
  });

  test("what others write stays text: no markup, no link, no hidden or reordered characters", async () => {
    const page = await app.open(await app.backend("hostile"), "/sessions/ses_1", { size: PHONE });
    await settle(page);
    const list = page.getByRole("list", { name: "What was said and done" });
    expect(await list.innerText()).toContain("␛[31m‹U+202E›");
    expect(await list.locator("a[href^=http], img, b, script").count()).toBe(0);
    expect(await page.locator("main").innerText()).not.toContain("\u202e");
    expect(await page.evaluate("window.__pwned")).toBeUndefined();
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(PHONE.width);
    expect(await axeViolations(page)).toEqual([]);
  });

  test("a session that nobody knows says so, once", async () => {
    const page = await app.open(await app.backend(), "/sessions/ses_none");
    await settle(page);
    expect(await page.getByRole("alert").count()).toBe(1);
    expect(await page.getByRole("alert").innerText()).toContain("No event of a session ses_none is stored");
  });
});
