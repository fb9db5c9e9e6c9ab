import { describe, expect, test } from "vitest";
import { axeViolations, PHONE, settle } from "./browser.ts";
import { useConsole } from "./fixture.ts";
import { clockOf } from "./sample-data.ts";
import { restartQuestion } from "./sample-runs.ts";

const app = useConsole();
const APPROVAL = "apr_01KDY8M3T0XV5C8QJ2N4R6W9ZB";
const LINES = ["The cause is known, and removed or contained", "The services that the agents depend on answer"];

describe("C-1: a person answers in the console", () => {
  test("approving takes every line of the checklist and a reason, and is bound to what was shown", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/approvals");
    await settle(page);
    const question = page.locator(`[data-approval="${APPROVAL}"]`);
    await question.getByText("Exact arguments of killswitch.resume").click();
    expect(await question.locator("pre").innerText()).toContain('"holdIds"');
    const approve = question.getByRole("button", { name: "Approve" });
    expect(await approve.getAttribute("title")).toContain("Check every line first");
    for (const line of LINES) await question.getByLabel(line).check();
    expect(await approve.getAttribute("title")).toContain("a reason");
    await question.getByLabel("Reason").fill("I looked too");
    await approve.click();
    await page.getByText("Nothing waits for an answer").waitFor();
    expect(backend.acts).toEqual([
      {
        path: `POST /approvals/${APPROVAL}/answer`,
        body: { answer: "approved", reason: "I looked too", digest: "3f9a".repeat(16), checked: LINES },
      },
    ]);
  });

  test("who may not approve reads why, and may still say no", async () => {
    const backend = await app.backend();
    const [first] = backend.sample.approvals;
    if (first) first.refusal = "Who asks for it cannot approve it: another person has to.";
    const page = await app.open(backend, "/approvals");
    await settle(page);
    const question = page.locator(`[data-approval="${APPROVAL}"]`);
    await question.locator(".form-note", { hasText: "another person has to" }).waitFor();
    await question.getByLabel("Reason").fill("not needed any more");
    expect(await question.getByRole("button", { name: "Approve" }).getAttribute("aria-disabled")).toBe("true");
    await question.getByRole("button", { name: "Deny" }).click();
    await page.getByText("Nothing waits for an answer").waitFor();
  });
});

test("C-1: resuming what takes two persons shows the checklist and asks instead of resuming", async () => {
  const backend = await app.backend();
  const { killswitch } = backend.sample;
  const holdId = killswitch.holds[0]?.id ?? "";
  const needs = {
    persons: 2,
    why: "INC-2026-0042 is or was of severity 1",
    checklist: LINES,
    approvalId: null,
  } as const;
  killswitch.resumes = [{ holdId, ...needs, checklist: [...LINES] }];
  const page = await app.open(backend, "/killswitch");
  await settle(page);
  await page.getByRole("button", { name: "Resume…" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("This takes a second person").waitFor();
  for (const line of LINES) await dialog.getByLabel(line).check();
  await dialog.getByLabel("Reason").fill("mended");
  await dialog.getByRole("button", { name: "Ask the second person" }).click();
  await page.getByRole("dialog", { name: "Hold lifted" }).waitFor();
  expect(backend.acts.at(-1)?.body).toEqual({ reason: "mended", checked: LINES });
});

test("C-1: the return in batches shows what is back, what comes next, and why it halted", async () => {
  const backend = await app.backend();
  const place = (target: string, holdId: string | null) => [{ scope: "pack" as const, target, holdId }];
  const restore = {
    holdId: "hld_1",
    state: "running" as const,
    batches: [place("ops", null), place("research", "hld_2"), place("finance", "hld_3")],
    released: 1,
    nextAt: new Date(Date.now() + 45_000).toISOString(),
    startedAt: new Date().toISOString(),
    problem: null,
  };
  backend.sample.killswitch.restores = [restore];
  const page = await app.open(backend, "/killswitch");
  await settle(page);
  const panel = page.getByRole("region", { name: "Coming back" });
  expect(await panel.getByRole("listitem").allInnerTexts()).toEqual([
    expect.stringMatching(/Back[\s\S]*ops/),
    expect.stringMatching(/Stopped[\s\S]*research[\s\S]*next/),
    expect.stringMatching(/Stopped[\s\S]*finance/),
  ]);
  const halted = { ...restore, state: "halted" as const, nextAt: null, problem: "a stop came meanwhile" };
  backend.sample.killswitch.restores = [halted];
  backend.change("hold", "hld_1");
  await panel.getByText("Halted: the rest stays stopped").waitFor();
});

test("C-1: a policy's phrase has to be typed to stop everything, and goes to the server", async () => {
  const backend = await app.backend();
  backend.sample.killswitch.policy = {
    ...backend.sample.killswitch.policy,
    file: "p.yaml",
    confirmation: "KILL ALL AGENTS",
  };
  const page = await app.open(backend, "/killswitch?scope=global");
  await settle(page);
  const form = page.getByRole("region", { name: "Stop", exact: true });
  await form.getByLabel("Reason").fill("They went mad");
  await form.getByText("End and drill").click();
  await form.getByLabel("Ends").selectOption("7200");
  const confirm = form.getByRole("button", { name: "Freeze 3 sessions" });
  await confirm.waitFor();
  expect(await confirm.getAttribute("title")).toContain("KILL ALL AGENTS");
  await form.getByLabel("Type “KILL ALL AGENTS” to confirm").fill("kill all agents");
  await confirm.click();
  await form.getByRole("group", { name: "Result of the stop" }).waitFor();
  expect(backend.acts.at(-1)?.body).toMatchObject({ confirmation: "KILL ALL AGENTS", expiresInSeconds: 7200 });
});

describe("C-7: a link answers one question without signing in", () => {
  test("shows exactly what is asked and as whom, takes the answer, and is fit for a phone", async () => {
    const backend = await app.backend();
    const page = await app.open(backend, "/answer#question=good-link", { role: "nobody", size: PHONE });
    await page.getByRole("heading", { name: "Your answer is needed" }).waitFor();
    await page.getByText("This link answers one question as ada").waitFor();
    expect(await axeViolations(page)).toEqual([]);
    for (const line of LINES) await page.getByLabel(line).check();
    await page.getByLabel("Reason").fill("I looked too");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("heading", { name: "Answered" }).waitFor();
    expect(backend.acts.find(({ path }) => path.endsWith("/answer"))).toMatchObject({
      path: "POST /answer-links/answer",
      body: { token: "good-link", answer: "approved", digest: "3f9a".repeat(16), checked: LINES },
    });
  });

  test("that is no good any more says so and leads to the console", async () => {
    const page = await app.open(await app.backend(), "/answer#question=old-link", { role: "nobody" });
    await page.getByText("This link is no good any more").waitFor();
    expect(await page.getByRole("link", { name: "All questions are in the console" }).getAttribute("href")).toBe(
      "/approvals",
    );
  });
});

describe("P-1: questions of playbooks", () => {
  test("say what acts with which parameters, the run, how long there is and who must still say yes", async () => {
    const backend = await app.backend();
    backend.sample.approvals.unshift(restartQuestion(clockOf(Date.now())));
    const page = await app.open(backend, "/approvals");
    await settle(page);
    const row = page.locator("[data-approval=apr_restart]");
    expect(await row.innerText()).toMatch(
      /left to answer[^]*1 of 2 agreed; 1 more person with the role commander must say yes[^]*restarts the service web/,
    );
    expect(await row.locator("pre").innerText()).toContain('"effector": "service.restart"');
    expect(await row.getByRole("link", { name: "the run it belongs to" }).getAttribute("href")).toBe(
      "/runs/run_asking",
    );
    expect(await axeViolations(page)).toEqual([]);
  });

  test("a glass is broken only with every line checked and a reason, and then waits for a review", async () => {
    const backend = await app.backend();
    backend.sample.approvals.unshift(restartQuestion(clockOf(Date.now())));
    const page = await app.open(backend, "/approvals");
    await settle(page);
    const row = page.locator("[data-approval=apr_restart]");
    await row.getByText("Nobody else can be reached…").click();
    const glass = row.locator(".break-glass");
    const act = glass.getByRole("button", { name: "Break the glass" });
    expect(await act.getAttribute("title")).toContain("Check every line");
    await glass.getByLabel("The snapshot is complete").check();
    await glass.getByLabel("Why it cannot wait").fill("customers are losing orders");
    await act.click();
    const review = page.getByRole("region", { name: "To review" });
    await review.getByText("ada approved it alone").waitFor();
    expect(await review.getByRole("button", { name: "It was justified" }).getAttribute("title")).toContain(
      "Who broke the glass cannot review it",
    );
    expect(await axeViolations(page)).toEqual([]);
  });
});
