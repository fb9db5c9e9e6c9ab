import { once } from "node:events";
import { createServer } from "node:net";

/** @returns a port on loopback that nobody has at the moment */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address === "object" && address !== null) return address.port;
  throw new Error("the system gave no port");
}
