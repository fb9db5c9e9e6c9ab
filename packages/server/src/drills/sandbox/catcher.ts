import { createServer } from "node:http";
import { once } from "node:events";

/** Stands where the webhooks of the outside would: what is sent ends here. */
export interface Catcher {
  readonly url: string;
  readonly received: readonly { readonly subject: string }[];
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 1024 * 1024;
const KEPT_MAX = 1000;

export async function startCatcher(): Promise<Catcher> {
  const received: { subject: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
      if (body.length > BODY_BYTES_MAX) request.destroy();
    });
    request.on("end", () => {
      if (received.length < KEPT_MAX) received.push({ subject: subjectOf(body) });
      response.writeHead(204, { connection: "close" }).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/caught`,
    received,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function subjectOf(body: string): string {
  return /"subject":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? "(no subject)";
}
