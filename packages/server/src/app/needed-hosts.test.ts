import { expect, test } from "vitest";
import { channelSchema, profileSchema } from "../kernel/index.ts";
import { neededHosts } from "./needed-hosts.ts";

const credential = {
  name: "vendor",
  generate: {},
  stores: [{ kind: "vault", url: "https://vault.example.org:8200", path: "agents/vendor" }],
  probe: { kind: "http", url: "https://api.example.org/me" },
};
const profile = {
  effectors: profileSchema.shape.effectors.parse({
    firewall: { neverBlock: ["192.0.2.0/24"] },
    credentials: [credential],
  }),
  channels: [
    channelSchema.parse({ name: "ops", kind: "webhook", urlEnv: "OPS_URL" }),
    channelSchema.parse({
      name: "mail",
      kind: "email",
      smtpUrl: "smtp://mail.example.org:587",
      from: "f@example.org",
      to: ["t@example.org"],
    }),
  ],
};

const needed = (databaseUrl: string | undefined) =>
  neededHosts({
    config: { databaseUrl, publicUrl: "https://firebreak.example.org" },
    profile,
    readSecret: async (name) => (name === "OPS_URL" ? "https://hooks.example.org/secret-path" : undefined),
    operators: async () => [],
  });

test("C-4: whatever the configuration names must stay reachable, and no secret of its addresses is told", async () => {
  const { neverBlock, services } = needed(undefined);
  expect(neverBlock).toEqual(["192.0.2.0/24"]);
  const hosts = await services();
  expect(hosts.map(({ host }) => host)).toEqual([
    "firebreak.example.org",
    "hooks.example.org",
    "mail.example.org",
    "vault.example.org",
    "api.example.org",
  ]);
  expect(JSON.stringify(hosts)).not.toContain("secret-path");
});

test.each([
  [undefined, []],
  ["postgres://u:p@db.example.org:5432/firebreak", ["db.example.org"]],
  ["postgres://u:p@[2001:db8::5]/firebreak", ["2001:db8::5"]],
  ["postgres://u:p@ignored/firebreak?host=10.0.0.5", ["ignored", "10.0.0.5"]],
  ["postgres:///firebreak?host=/run/postgresql", []],
])("C-4: the database of %s stays reachable", async (url, hosts) => {
  expect((await needed(url).database()).map(({ host }) => host)).toEqual(hosts);
});
