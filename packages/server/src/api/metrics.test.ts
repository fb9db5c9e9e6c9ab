import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer } from "./testing.ts";
import type { TestServer } from "./testing.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ services: { readMetrics: async () => "killswitch_state 1\n" } });
});
afterAll(() => server.close());

const statusWith = async (headers: Record<string, string>) => (await server.ask("GET", "/metrics", { headers })).status;

test("O-4: metrics answer this machine without a token, in the text format of Prometheus", async () => {
  const response = await server.ask("GET", "/metrics");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await response.text()).toBe("killswitch_state 1\n");
});

test("O-4: a token that is shown is judged, also on this machine", async () => {
  expect(await statusWith({ authorization: "Bearer agent" })).toBe(403);
  expect(await statusWith({ authorization: "Bearer viewer" })).toBe(200);
});

test.each(["x-forwarded-for", "forwarded", "via", "x-real-ip"])(
  "O-4: what a proxy passes on (%s) takes a token, and an agent's is none",
  async (header) => {
    const forwarded = { [header]: "203.0.113.9" };
    expect(await statusWith(forwarded)).toBe(401);
    expect(await statusWith({ ...forwarded, authorization: "Bearer agent" })).toBe(403);
    expect(await statusWith({ ...forwarded, authorization: "Bearer viewer" })).toBe(200);
  },
);
