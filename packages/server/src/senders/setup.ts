import type { SourceView } from "@firebreak/protocol";

/** Stands where the key belongs once nobody knows it any more. */
const UNKNOWN_KEY = "THE-KEY-SHOWN-WHEN-THE-SOURCE-WAS-MADE";

/**
 * The exact lines for the sender's configuration.
 *
 * @param url where senders reach this server, without a slash at its end
 * @param key null when it is not known any more
 */
export function setupOf(source: SourceView, url: string, key: string | null): string {
  const lines = linesOf(source, url, key ?? UNKNOWN_KEY);
  const hint = url.startsWith("https:")
    ? []
    : ["", `# ${url} is not encrypted: use it on this machine or behind TLS only.`];
  return [...lines, ...hint].join("\n");
}

function linesOf(source: SourceView, url: string, key: string): string[] {
  const hook = `${url}/hooks/${source.name}`;
  switch (source.kind) {
    case "alertmanager":
      return [...receiverLines(hook, key), "", ...prometheusLines(url, key)];
    case "pagerduty":
      return pagerDutyLines(url, key);
    case "opsgenie":
      return opsgenieLines(url, key);
    case "grafana":
      return grafanaLines(source, hook, key);
    case "cloudevents":
      return curlLines(hook, source, key, "application/cloudevents+json", CLOUD_EVENT);
    case "webhook":
      return curlLines(
        hook,
        source,
        key,
        "application/json",
        '{"title":"It burns","key":"fire-1","severity":"critical"}',
      );
  }
}

const CLOUD_EVENT =
  '{"specversion":"1.0","id":"1","source":"/here","type":"org.example.fire","data":{"title":"It burns","key":"fire-1","severity":"critical"}}';

function receiverLines(hook: string, key: string): string[] {
  return [
    "# alertmanager.yml: Alertmanager sends what it routes to this receiver",
    "receivers:",
    "  - name: firebreak",
    "    webhook_configs:",
    `      - url: ${hook}`,
    "        send_resolved: true",
    "        http_config:",
    "          authorization:",
    "            type: Bearer",
    `            credentials: ${key}`,
  ];
}

function prometheusLines(url: string, key: string): string[] {
  const { protocol, host } = new URL(url);
  return [
    "# or prometheus.yml: Firebreak stands in for Alertmanager",
    "alerting:",
    "  alertmanagers:",
    `    - scheme: ${protocol.replace(":", "")}`,
    "      authorization:",
    "        type: Bearer",
    `        credentials: ${key}`,
    "      static_configs:",
    `        - targets: ["${host}"]`,
  ];
}

function pagerDutyLines(url: string, key: string): string[] {
  return [
    "# Whatever speaks the PagerDuty Events API v2: its address and its key",
    `#   address      ${url}/v2/enqueue`,
    `#   routing key  ${key}`,
    "# alertmanager.yml",
    "receivers:",
    "  - name: firebreak",
    "    pagerduty_configs:",
    `      - routing_key: ${key}`,
    `        url: ${url}/v2/enqueue`,
    "        send_resolved: true",
  ];
}

function opsgenieLines(url: string, key: string): string[] {
  return [
    "# Whatever speaks the Opsgenie Alert API: its address and its key",
    `#   address  ${url}`,
    `#   key      ${key}`,
    "# alertmanager.yml",
    "receivers:",
    "  - name: firebreak",
    "    opsgenie_configs:",
    `      - api_key: ${key}`,
    `        api_url: ${url}/`,
    "        send_resolved: true",
  ];
}

function grafanaLines(source: SourceView, hook: string, key: string): string[] {
  const proof =
    source.signature === null
      ? [`#   authorization header  scheme Bearer, credentials ${key}`]
      : [`#   HMAC signature        the secret ${String(source.signature["secret"])} of Firebreak`];
  return [
    "# Grafana, Alerting, contact points: a new one of the type Webhook",
    `#   URL                   ${hook}`,
    ...proof,
  ];
}

function curlLines(hook: string, source: SourceView, key: string, media: string, body: string): string[] {
  if (source.signature !== null) {
    const { header, secret } = source.signature;
    return [
      `# POST to ${hook}, signed in the header ${String(header)} with the secret ${String(secret)}:`,
      `#   an environment variable of that name, or the file secrets/${String(secret)} in Firebreak's home, on both sides alike`,
    ];
  }
  return [
    "curl --fail-with-body \\",
    `  -H 'Authorization: Bearer ${key}' -H 'Content-Type: ${media}' \\`,
    `  -d '${body}' \\`,
    `  ${hook}`,
  ];
}
