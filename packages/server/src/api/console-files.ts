import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const YEAR_SECONDS = 31_536_000;

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Firebreak</title>
<h1>Firebreak is running</h1>
<p>The console is not built. Run <code>npm run build</code> and start again.</p>
<p>The API is at <a href="/api/v1/openapi.json">/api/v1</a>; every command of <code>firebreak</code> works.</p>
</html>
`;

/** @returns whether a browser goes to a page, rather than a program asking for data or a file */
function isNavigation(request: FastifyRequest): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  const path = request.url.split("?")[0] ?? "";
  if (path.startsWith("/api/") || /\.[a-z0-9]+$/i.test(path)) return false;
  return (request.headers.accept ?? "").includes("text/html");
}

/** Vite puts a hash of the content into the name of what lies in `assets`. */
function cacheControlOf(file: string): string {
  return /[\\/]assets[\\/]/.test(file) ? `public, max-age=${YEAR_SECONDS}, immutable` : "no-cache";
}

/**
 * Serves the files that lie in `consoleDir` at the start, by their exact names.
 *
 * @returns a function that answers a browser's navigation with the console's page, and says false for anything else
 */
export async function serveConsole(
  app: FastifyInstance,
  consoleDir: string | undefined,
): Promise<(request: FastifyRequest, reply: FastifyReply) => boolean> {
  if (consoleDir === undefined || !existsSync(join(consoleDir, "index.html"))) {
    return (request, reply) => {
      if (!isNavigation(request)) return false;
      void reply.code(200).header("cache-control", "no-cache").type("text/html; charset=utf-8").send(NOT_BUILT);
      return true;
    };
  }
  await app.register(fastifyStatic, {
    root: consoleDir,
    wildcard: false,
    dotfiles: "ignore",
    cacheControl: false,
    // The build lays a Brotli and a gzip copy beside each text.
    preCompressed: true,
    setHeaders: (response, file) => {
      response.setHeader("cache-control", cacheControlOf(file));
      response.setHeader("vary", "accept-encoding");
    },
  });
  return (request, reply) => {
    if (!isNavigation(request)) return false;
    void reply.code(200).sendFile("index.html");
    return true;
  };
}
