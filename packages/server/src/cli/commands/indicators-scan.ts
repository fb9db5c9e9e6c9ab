import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pageOf, scanHit, scanView } from "@firebreak/protocol";
import type { ScanHit, ScanView } from "@firebreak/protocol";
import { OperatorError, toIso } from "../../kernel/index.ts";
import { usageError } from "../arguments.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import { printable } from "../printable.ts";
import { readDuration, readTime } from "../read-time.ts";
import { listenForStop } from "../stop-signal.ts";

const POLL_MS = 300;
const HITS_SHOWN = 200;
const SKIPPED_SHOWN = 10;

const scan: Command = {
  name: "indicators scan",
  summary: "look for the indicators in what is stored",
  description: [
    "In stored events (--events), in archives of evidence (--evidence), or in a folder of the server's machine (--path, for admins): names, hashes and lines " +
      "of files, also packed with gzip. Runs in a thread of the server's own, goes on after a crash, and is kept. Ctrl-C cancels it.",
    "--alert makes alerts of what was found, but of what was told when it arrived or by an alert before. Ends with 1 when it could not be done.",
  ],
  options: {
    events: { type: "boolean", summary: "in stored events" },
    since: { type: "string", value: "WHEN", summary: "received from then on: 2h, 7d, or a time with its zone" },
    until: { type: "string", value: "WHEN", summary: "received before then" },
    agent: { type: "string", value: "ID", repeatable: true, summary: "only events of this agent" },
    pack: { type: "string", value: "PACK", repeatable: true, summary: "only events of this pack" },
    evidence: { type: "string", value: "ID", repeatable: true, summary: "in this archive, or in all" },
    path: { type: "string", value: "DIR", summary: "in this folder or file of the server's machine" },
    alert: { type: "boolean", summary: "make alerts of what is found" },
    detach: { type: "boolean", summary: "do not wait for its end" },
  },
  examples: [
    "firebreak indicators scan --events --since 30d",
    "firebreak indicators scan --evidence all --alert",
    "firebreak indicators scan --path /var/log",
  ],
  exits: ASKS_SERVER,
  run: async (context) => {
    const { client, output, args } = context;
    const stop = listenForStop(() => {});
    try {
      const asked = await request(context);
      if (args.flag("detach")) {
        output.result(asked);
        output.line(`${asked.id} waits or runs. See: firebreak indicators scans`);
        return EXIT.ok;
      }
      const done = await follow(context, asked.id, stop.signal);
      const page = await client.get(pageOf(scanHit), `/indicators/scans/${asked.id}/hits?limit=${HITS_SHOWN}`);
      output.result({ ...done, items: page.items });
      return show(context, done, page.items);
    } finally {
      stop.dispose();
    }
  },
};

async function request(context: CommandContext): Promise<ScanView> {
  const { client, args, workingDirectory } = context;
  const alert = args.flag("alert");
  const [folder, archives] = [args.text("path"), args.texts("evidence")];
  if ([args.flag("events"), folder !== undefined, archives.length > 0].filter(Boolean).length !== 1) {
    throw usageError(scan, "Choose one of --events, --evidence and --path.");
  }
  if (folder !== undefined) {
    return client.post(scanView, "/indicators/scans/folder", { path: path.resolve(workingDirectory, folder), alert });
  }
  const target =
    archives.length > 0
      ? { kind: "evidence", ...(archives.includes("all") ? {} : { archives }) }
      : { kind: "events", ...readRange(context) };
  return client.post(scanView, "/indicators/scans", { target, alert });
}

function readRange({ args, clock }: CommandContext): Record<string, unknown> {
  const range: Record<string, unknown> = {};
  for (const name of ["since", "until"] as const) {
    const spanMs = readDuration(args.text(name) ?? "");
    const timeMs = spanMs === undefined ? readTime(scan, args, name) : clock.now() - spanMs;
    if (timeMs !== undefined) range[name] = toIso(timeMs);
  }
  if (args.texts("agent").length > 0) range["agents"] = args.texts("agent");
  if (args.texts("pack").length > 0) range["packs"] = args.texts("pack");
  return range;
}

async function follow({ client, output }: CommandContext, id: string, stop: AbortSignal): Promise<ScanView> {
  let told = -1;
  for (;;) {
    const view = await client.get(scanView, `/indicators/scans/${id}`);
    if (view.state !== "pending" && view.state !== "running") return view;
    if (stop.aborted) return client.post(scanView, `/indicators/scans/${id}/cancel`, {});
    const percent = Math.floor(view.share * 10) * 10;
    if (percent > told) output.note(`${percent} %, ${view.examined} looked at, ${view.hits} hit(s)`);
    told = percent;
    await wait(POLL_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

function show({ output }: CommandContext, view: ScanView, hits: readonly ScanHit[]): number {
  if (view.state === "failed") {
    throw new OperatorError(
      `The scan failed: ${printable(view.problem ?? "no reason was given")}`,
      "See the server's log.",
    );
  }
  if (view.state === "cancelled") output.line("The scan was cancelled.");
  const what = view.target.kind === "events" ? "event(s)" : "file(s)";
  output.line(
    `${view.examined} ${what} against ${view.indicators} indicator(s): ${view.hits} hit(s), ${view.alerts} alert(s).`,
  );
  for (const { place, reason } of view.skipped.slice(0, SKIPPED_SHOWN)) {
    output.note(`not looked at: ${printable(place)}: ${printable(reason)}`);
  }
  if (view.skippedTotal > SKIPPED_SHOWN) output.note(`and ${view.skippedTotal - SKIPPED_SHOWN} more.`);
  showHits(output, hits, view.hits);
  return view.state === "done" ? EXIT.ok : EXIT.failed;
}

function showHits(output: CommandContext["output"], hits: readonly ScanHit[], total: number): void {
  if (hits.length === 0) return;
  output.table(
    ["TYPE", "VALUE", "SOURCE", "WHERE", "TIMES", "FIRST (UTC)", "LAST (UTC)", "ALERT"],
    hits.map((hit) => [
      hit.type,
      printable(hit.value),
      printable(hit.source),
      printable(whereOf(hit)),
      String(hit.count),
      hit.firstAt === null ? "" : timeText(hit.firstAt),
      hit.lastAt === null ? "" : timeText(hit.lastAt),
      hit.alertId ?? (hit.live === hit.count ? "when it arrived" : ""),
    ]),
  );
  if (total > hits.length) output.note(`and ${total - hits.length} more (GET /api/v1/indicators/scans/ID/hits).`);
}

function whereOf({ place, path: part, samples }: ScanHit): string {
  if (samples.length === 0) return `${place} (${part})`;
  const more = samples.length > 3 ? ", …" : "";
  return `${place} (${part} ${samples.slice(0, 3).join(", ")}${more})`;
}

const scans: Command = {
  name: "indicators scans",
  summary: "scans for indicators, newest first, or one with its hits",
  positionals: [{ name: "SCAN", summary: "an id, to see what it found", optional: true }],
  options: {
    cancel: { type: "boolean", summary: "end this scan; what it found stays" },
    alert: { type: "boolean", summary: "make alerts of what this scan found" },
  },
  examples: ["firebreak indicators scans", "firebreak indicators scans isc_01… --alert"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { client, output, args } = context;
    const id = args.positional(0);
    if (id === undefined) return showAll(context);
    const base = `/indicators/scans/${encodeURIComponent(id)}`;
    if (args.flag("cancel")) await client.post(scanView, `${base}/cancel`, {});
    if (args.flag("alert")) await client.post(scanView, `${base}/alert`, {});
    const view = await client.get(scanView, base);
    const page = await client.get(pageOf(scanHit), `${base}/hits?limit=${HITS_SHOWN}`);
    output.result({ ...view, items: page.items });
    if (view.state === "pending" || view.state === "running") {
      output.line(`${view.state}: ${Math.floor(view.share * 100)} %`);
      showHits(output, page.items, view.hits);
      return EXIT.ok;
    }
    return show(context, view, page.items);
  },
};

async function showAll({ client, output }: CommandContext): Promise<number> {
  const page = await client.get(pageOf(scanView), "/indicators/scans");
  output.result(page);
  if (page.items.length === 0) output.line("Nothing was scanned yet. See: firebreak indicators scan --help");
  else {
    output.table(
      ["ID", "WHEN (UTC)", "BY", "IN", "STATE", "LOOKED AT", "HITS", "ALERTS"],
      page.items.map((view) => [
        view.id,
        timeText(view.requestedAt),
        view.automatic ? "new indicators" : printable(view.requestedBy.name),
        printable(view.target.kind === "folder" ? view.target.path : view.target.kind),
        view.state === "running" ? `running, ${Math.floor(view.share * 100)} %` : view.state,
        String(view.examined),
        String(view.hits),
        String(view.alerts),
      ]),
    );
  }
  return EXIT.ok;
}

export const indicatorScanCommands: readonly Command[] = [scan, scans];
