import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  auditVerdictView,
  pageOf,
  personErasure,
  retentionNotice,
  retentionReport,
  retentionView,
} from "@firebreak/protocol";
import type { PersonErasure } from "@firebreak/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { writeSampleArchive } from "../../packages/server/src/evidence/testing.ts";
import { Installation, repository } from "../harness/firebreak.ts";
import type { Child } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";
import { S3Server, S3_CREDENTIALS } from "../harness/s3-server.ts";

const DAY_MS = 86_400_000;
const auditPage = pageOf(z.object({ action: z.string(), leaf: z.string() }));
const JANE = "u-20871";

const { accessKeyId, secretAccessKey } = S3_CREDENTIALS;
const objects = new S3Server();
objects.isVersioned = true;
const installation = new Installation({
  EVIDENCE_S3_ACCESS_KEY_ID: accessKeyId,
  EVIDENCE_S3_SECRET_ACCESS_KEY: secretAccessKey,
});
let server: Child;
let archiveId: string;
/** entries of the log that are gone by what the tests did so far */
let deletedSoFar = 0;

beforeAll(async () => {
  const url = await objects.start("kept");
  const shipped = readFileSync(path.join(repository, "profiles/ai-empire/profile.yaml"), "utf8");
  const atOnce = (days: number) => `{ retain: ${days}d, archive: none, delete: ${days}d, noticeDays: 0 }`;
  const more = [
    `evidence: { storage: { url: "${url}" } }`,
    `retention: { classes: { metrics: ${atOnce(10)}, evidence: ${atOnce(0)} } }`,
    "",
  ];
  writeFileSync(path.join(installation.home, "profile.yaml"), [shipped, ...more].join("\n"));
  archiveId = (await writeSampleArchive(installation.home, { "chat.txt": "hello" })).id;
  server = await installation.startServer();
}, 120_000);
afterAll(async () => {
  await installation.close();
  await objects.close();
}, 120_000);

/** Measurements, which no rule looks at, each with a text. */
async function sendEvents(count: number, event: { readonly ageDays: number; readonly text: string }): Promise<void> {
  const time = new Date(Date.now() - event.ageDays * DAY_MS).toISOString();
  for (let from = 0; from < count; from += 1_000) {
    const events = Array.from({ length: Math.min(1_000, count - from) }, (_, at) => ({
      id: `metric-${event.ageDays}-${event.text.slice(0, 8)}-${from + at}`,
      time,
      agent: { id: "scout" },
      kind: "metric",
      data: { note: event.text },
    }));
    const response = await installation.send("POST", "/events", events);
    expect({ status: response.status, body: await response.text() }).toMatchObject({ status: 200 });
  }
}

async function killAndRestart(): Promise<void> {
  server.process.kill("SIGKILL");
  await server.ended;
  server = await installation.startServer(Number(new URL(installation.url).port));
}

/** The log has no break, and accounts for exactly what was deleted. */
async function checkLog(): Promise<void> {
  const { value } = await installation.json(auditVerdictView, "audit", "verify");
  const { intact, findings, tableFindings, deletedTotal } = value;
  expect({ findings, tableFindings, deletedTotal, intact }).toEqual({
    findings: [],
    tableFindings: [],
    deletedTotal: deletedSoFar,
    intact: true,
  });
}

/** How many acts are on record whose text holds this. */
async function countActs(text: string): Promise<number> {
  let count = 0;
  for (let after = ""; ;) {
    const page = await installation.call(auditPage, "GET", `/audit?limit=500${after}`);
    count += page.items.filter(({ leaf }) => leaf.includes(text)).length;
    if (page.next === null) return count;
    after = `&after=${page.next}`;
  }
}

const getErasure = (id: string): Promise<PersonErasure> =>
  installation.call(personErasure, "GET", `/person-erasures/${id}`);
const eventsOf = ({ stores }: PersonErasure) => stores.find((one) => one.store === "events");

/** Looks until all is found that was sent: what is not logged and judged yet would stay. */
async function findPerson(count: number): Promise<string> {
  return waitFor("everything of the person to be found", 60_000, async () => {
    const asked = { values: [JANE], also: [], reason: "a request to be forgotten" };
    const { id } = await installation.call(personErasure, "POST", "/person-erasures", asked);
    const found = await waitFor("the search to end", 30_000, async () => {
      const view = await getErasure(id);
      return view.state === "found" ? view : undefined;
    });
    if (eventsOf(found)?.matches === count && eventsOf(found)?.stay === 0) return id;
    await installation.call(personErasure, "POST", `/person-erasures/${id}/withdraw`, { reason: "too early" });
    return undefined;
  });
}

/** Waits until at least so many events of the person are erased. */
async function untilErased(id: string, least: number): Promise<number> {
  return waitFor(`${least} events to be erased`, 60_000, async () => {
    const erased = eventsOf(await getErasure(id))?.erased ?? 0;
    return erased >= least ? erased : undefined;
  });
}

async function untilLogged(count: number): Promise<void> {
  const preview = z.object({ plans: z.array(z.object({ act: z.string(), rows: z.number() })) });
  await waitFor("everything to be logged and judged", 60_000, async () => {
    const { plans } = await installation.call(preview, "GET", "/retention/preview?class=metrics");
    return plans.some(({ act, rows }) => act === "delete" && rows === count) ? true : undefined;
  });
}

const runRetention = (name: string) => installation.call(retentionReport, "POST", "/retention/run", { class: name });

/** What all notices deleted, by their own count. */
async function countNoticed(): Promise<number> {
  const { items } = await installation.call(pageOf(retentionNotice), "GET", "/retention/notices");
  return items.reduce((sum, notice) => sum + notice.deleted, 0);
}

const inStore = () =>
  readdirSync(objects.place, { recursive: true, encoding: "utf8" }).filter((file) => file.includes(`${archiveId}/`));

async function untilCopied(): Promise<void> {
  const custody = z.looseObject({ items: z.array(z.looseObject({ act: z.string() })) });
  await waitFor("the archive to be copied", 60_000, async () => {
    const response = await installation.send("GET", `/evidence/${archiveId}/custody`);
    const text = await response.text();
    return response.ok && custody.parse(JSON.parse(text)).items.some(({ act }) => act === "stored") ? true : undefined;
  });
}

describe("E-8, O-6: kill -9 of the server while it deletes", { timeout: 120_000 }, () => {
  test("the erasure of a person is taken up at once, and counts each row once", async () => {
    const OF_JANE = 4_500;
    await sendEvents(OF_JANE, { ageDays: 1, text: `seen ${JANE}` });
    await sendEvents(300, { ageDays: 1, text: "seen somebody" });
    const id = await findPerson(OF_JANE);
    await installation.call(personErasure, "POST", `/person-erasures/${id}/carry-out`, { alone: true });
    const atKill = await untilErased(id, 1);
    await killAndRestart();
    await untilErased(id, Math.min(OF_JANE, atKill + 1));
    await killAndRestart();
    const done = await waitFor("the erasure to end", 60_000, async () => {
      const view = await getErasure(id);
      return view.state === "done" ? view : undefined;
    });
    expect(done).toMatchObject({ terms: null, problem: null });
    expect(eventsOf(done)).toMatchObject({ erased: OF_JANE, matches: 0 });
    deletedSoFar += OF_JANE;
    await checkLog();
    expect(await countActs('"person_erasure.begin"')).toBe(1);
    expect(await countActs('"person_erasure.done"')).toBe(1);
  });

  test("a deletion by the retention goes on where it was, and its notice counts each row once", async () => {
    const OLD = 6_000;
    // a batch of the retention takes about two thousand of these
    await sendEvents(OLD, { ageDays: 20, text: `old ${"x".repeat(3_500)}` });
    await sendEvents(300, { ageDays: 1, text: "young" });
    await untilLogged(OLD);
    // it dies with the server
    const running = runRetention("metrics").catch(() => undefined);
    await waitFor("some of it to be deleted", 60_000, async () => ((await countNoticed()) > 0 ? true : undefined));
    await killAndRestart();
    await running;
    const before = await countNoticed();
    expect(await runRetention("metrics")).toMatchObject({ deleted: OLD - before, problems: [], more: false });
    expect(await countNoticed()).toBe(OLD);
    deletedSoFar += OLD;
    await checkLog();
    expect(await runRetention("metrics")).toMatchObject({ deleted: 0, problems: [] });
  });

  test("the deletion of copies in the object store ends after the restart, once", async () => {
    await untilCopied();
    expect(inStore()).not.toEqual([]);
    expect(await runRetention("evidence")).toMatchObject({ deleted: 1, problems: [] });
    const left = readdirSync(path.join(installation.home, "evidence")).filter((name) => name.includes(archiveId));
    expect(left).toEqual([]);
    // copies that are due are deleted at each start: it dies while the second deletion is on its way, and is never told of it
    let deletions = 0;
    const killed = new Promise<void>((resolve) => {
      objects.intercept = ({ method, url }) => {
        const isObject = method === "DELETE" && url?.includes("uploadId") !== true;
        if (isObject && ++deletions === 2) {
          server.process.kill("SIGKILL");
          resolve();
        }
        return false;
      };
    });
    server.process.kill("SIGKILL");
    await server.ended;
    const port = Number(new URL(installation.url).port);
    server = installation.start(["up", "--port", String(port)]);
    await killed;
    await server.ended;
    objects.intercept = () => false;
    expect(inStore()).not.toEqual([]);
    server = await installation.startServer(port);
    await waitFor("no copy to be due", 60_000, async () => {
      const { copiesDue } = await installation.call(retentionView, "GET", "/retention");
      return copiesDue === 0 ? true : undefined;
    });
    expect(inStore()).toEqual([]);
    await checkLog();
    expect(await countActs(String.raw`\"act\":\"deleted\"`)).toBe(1);
  });
});
