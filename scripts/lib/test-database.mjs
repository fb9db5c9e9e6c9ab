import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { repository } from "./run.mjs";

/**
 * One PostgreSQL for a whole run of the tests, in which each test has databases of its own: a server for each test file costs
 * more than many of them. Needs the built server. It ends with this process, however that ends.
 * @returns `url` for TEST_DATABASE_URL
 */
export async function startTestDatabase() {
  const dist = path.join(repository, "packages/server/dist");
  const { startEmbeddedPostgres } = await import(path.join(dist, "storage/embedded/start.js"));
  const { silentLogger, systemClock } = await import(path.join(dist, "kernel/index.js"));
  const home = mkdtempSync(path.join(tmpdir(), "firebreak-tests-"));
  const server = await startEmbeddedPostgres({ home, clock: systemClock, logger: silentLogger, durable: false });
  const { host, port, user, password, database } = server.connection;
  const url = new URL(`postgres://localhost:${port}/${database}`);
  url.username = user;
  url.password = password;
  url.searchParams.set("host", host);
  return {
    url: url.href,
    stop: async () => {
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
