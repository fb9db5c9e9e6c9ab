// The real Prometheus, Alertmanager and amtool of the distribution, each told Firebreak's address and nothing else.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newSourceView, newTokenView } from "@firebreak/protocol";
import { z } from "zod";
import { Installation } from "../harness/firebreak.ts";
import { waitFor } from "../harness/processes.ts";
import { freePort, Programs, run } from "./programs.ts";

const installation = new Installation();
const programs = new Programs();
const keys: Record<string, string> = {};
let fire = 0;

const page = z.object({
  items: z.array(
    z.looseObject({
      id: z.string(),
      source: z.string(),
      key: z.string(),
      title: z.string(),
      severity: z.number(),
      labels: z.record(z.string(), z.string()),
      status: z.enum(["open", "resolved"]),
      resolution: z.string().nullable(),
    }),
  ),
});

/** @returns the newest alert of the source in that state, once there is one */
const alertOf = (source: string, status: "open" | "resolved") =>
  waitFor(`an alert of ${source} that is ${status}`, 30_000, async () => {
    const { items } = await installation.call(page, "GET", `/alerts?status=${status}&limit=100`);
    return items.find((item) => item.source === source);
  });

async function addSource(name: string, kind: string): Promise<void> {
  const { value } = await installation.json(newSourceView, "source", "add", name, "--kind", kind);
  keys[name] = value.key;
}

function alertmanagerConfig(): string {
  return `
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
  routes:
    - { receiver: hook, continue: true }
    - { receiver: pager, continue: true }
    - { receiver: genie }
receivers:
  - name: hook
    webhook_configs:
      - url: ${installation.url}/hooks/hook
        send_resolved: true
        http_config: { authorization: { type: Bearer, credentials: ${keys["hook"]} } }
  - name: pager
    pagerduty_configs:
      - routing_key: ${keys["pager"]}
        url: ${installation.url}/v2/enqueue
        send_resolved: true
        severity: '{{ .CommonLabels.severity }}'
  - name: genie
    opsgenie_configs:
      - api_key: ${keys["genie"]}
        api_url: ${installation.url}/
        send_resolved: true
        priority: P1
        update_alerts: true
`;
}

function prometheusConfig(alertmanagerPort: number, metricsPort: number): string {
  return `
global: { scrape_interval: 500ms, evaluation_interval: 500ms }
rule_files: [rules.yml]
scrape_configs:
  - job_name: agents
    static_configs: [{ targets: ["127.0.0.1:${metricsPort}"] }]
alerting:
  alertmanagers:
    - static_configs: [{ targets: ["127.0.0.1:${alertmanagerPort}"] }]
    - authorization: { type: Bearer, credentials: ${keys["direct"]} }
      static_configs: [{ targets: ["${new URL(installation.url).host}"] }]
`;
}

const RULES = `
groups:
  - name: agents
    rules:
      - alert: AgentOnFire
        expr: agent_fire == 1
        labels: { severity: critical, team: "agents & co" }
        annotations: { summary: "The agent burns", description: "since {{ $value }}" }
`;

beforeAll(async () => {
  await installation.startServer();
  for (const [name, kind] of Object.entries({
    hook: "alertmanager",
    direct: "alertmanager",
    pager: "pagerduty",
    genie: "opsgenie",
  })) {
    await addSource(name, kind);
  }
  const [alertmanager, prometheus] = [await freePort(), await freePort()];
  const metrics = await programs.serveMetrics(() => `agent_fire{agent_id="scout"} ${fire}\n`);
  await programs.start(
    "prometheus-alertmanager",
    [
      `--config.file=${programs.write("alertmanager.yml", alertmanagerConfig())}`,
      `--web.listen-address=127.0.0.1:${alertmanager}`,
      `--storage.path=${programs.directory}/alertmanager`,
      "--cluster.listen-address=",
    ],
    `http://127.0.0.1:${alertmanager}/-/ready`,
  );
  programs.write("rules.yml", RULES);
  await programs.start(
    "prometheus",
    [
      `--config.file=${programs.write("prometheus.yml", prometheusConfig(alertmanager, metrics))}`,
      `--web.listen-address=127.0.0.1:${prometheus}`,
      `--storage.tsdb.path=${programs.directory}/prometheus`,
    ],
    `http://127.0.0.1:${prometheus}/-/ready`,
  );
});
afterAll(async () => {
  await programs.close();
  await installation.close();
});

describe("D-8: a rule of the real Prometheus", () => {
  test("fires: one alert by each way, with its severity and labels", async () => {
    fire = 1;
    for (const source of ["hook", "direct"]) {
      expect(await alertOf(source, "open")).toMatchObject({
        title: "The agent burns",
        severity: 1,
        labels: { alertname: "AgentOnFire", team: "agents & co", job: "agents", agent_id: "scout" },
      });
    }
    expect(await alertOf("pager", "open")).toMatchObject({
      severity: 1,
      title: expect.stringContaining("AgentOnFire"),
    });
    expect(await alertOf("genie", "open")).toMatchObject({
      severity: 1,
      title: expect.stringContaining("AgentOnFire"),
    });
  });

  test("our fingerprints are Alertmanager's", async () => {
    const [hook, direct] = [await alertOf("hook", "open"), await alertOf("direct", "open")];
    expect(direct.key).toBe(hook.key);
  });

  test("amtool finds it, silences it, and ends the silence", async () => {
    const { value } = await installation.json(newTokenView, "token", "create", "amtool", "--access", "responder");
    const config = programs.write("amtool.yml", `authorization: { type: Bearer, credentials: ${value.token} }\n`);
    const amtool = async (...words: string[]) => {
      const ran = await run("amtool", [
        `--alertmanager.url=${installation.url}`,
        `--http.config.file=${config}`,
        "--no-version-check",
        ...words,
      ]);
      expect(ran).toMatchObject({ code: 0, error: "" });
      return ran.out;
    };
    const named = ["alert", "query", "alertname=AgentOnFire"];
    expect(await amtool(...named)).toContain("The agent burns");
    expect(await amtool(...named, "-o", "json")).toContain('"fingerprint"');
    expect(await amtool("alert", "query", "alertname=~Other.*")).not.toContain("The agent burns");
    const add = ["silence", "add", "alertname=AgentOnFire", "--duration=1h", "--comment=being mended", "--author=ada"];
    const id = (await amtool(...add)).trim();
    expect(await amtool("silence", "query")).toContain(id);
    expect(await amtool(...named)).not.toContain("The agent burns");
    expect(await amtool(...named, "--silenced")).toContain("The agent burns");
    expect(await amtool("silence", "expire", id)).toBe("");
    expect(await amtool("silence", "query")).not.toContain(id);
    expect(await amtool(...named)).toContain("The agent burns");
  });

  test("ends: each alert is resolved by its sender, and not before", async () => {
    const before = await installation.call(page, "GET", "/alerts?status=resolved&limit=100");
    expect(before.items).toEqual([]);
    fire = 0;
    for (const source of ["hook", "direct", "pager", "genie"]) {
      expect(await alertOf(source, "resolved")).toMatchObject({ resolution: "sender" });
    }
    const { items } = await installation.call(page, "GET", "/alerts?status=open&limit=100");
    expect(items).toEqual([]);
  });

  test("nothing was refused on the way", async () => {
    const { items } = await installation.call(z.object({ items: z.array(z.unknown()) }), "GET", "/refusals");
    expect(items).toEqual([]);
  });
});
