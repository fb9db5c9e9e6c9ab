import { openRedis, RedisRefusal } from "../../kernel/index.ts";
import type { RedisPlace } from "../../kernel/index.ts";

const TIMEOUT_MS = 5_000;

/**
 * Asks a Redis server (or one that speaks its protocol) for its state: INFO, connected clients, slow commands. No key is read.
 *
 * @param url `redis://USER:PASSWORD@HOST:PORT`, or `rediss://` for TLS
 * @throws Error without the address, which may hold a password
 */
export async function readRedis(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const place = placeOf(url);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const redis = await openRedis(place, limited).catch((fault: unknown) => {
    throw fault instanceof RedisRefusal ? new Error("it refused the password") : fault;
  });
  const ask = (...words: string[]) =>
    redis.ask(...words).catch((fault: unknown) => {
      if (!(fault instanceof RedisRefusal)) throw fault;
      return `-${fault.message}`;
    });
  try {
    const [info, clients, slow] = [await ask("INFO"), await ask("CLIENT", "LIST"), await ask("SLOWLOG", "LEN")];
    return {
      info: String(info).split("\r\n"),
      clients: String(clients).split("\n").filter(Boolean),
      slowCommands: slow,
    };
  } finally {
    redis.close();
  }
}

function placeOf(url: string): RedisPlace {
  if (!URL.canParse(url)) throw new Error("its address is none; use redis://HOST:PORT or rediss://HOST:PORT");
  const { protocol, hostname, port, username, password } = new URL(url);
  if (protocol !== "redis:" && protocol !== "rediss:") throw new Error("its address is neither redis: nor rediss:");
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? 6379 : Number(port),
    tls: protocol === "rediss:",
    ...(username === "" ? {} : { user: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
  };
}
