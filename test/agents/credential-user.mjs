// What a team keeps for a credential of its Redis or PostgreSQL, and an agent that uses it: `SERVICE ADDRESS ACT …`.
//   create, revoke   the provider's programs of a user of Redis (JSON on standard input)
//   alter FILE       a store: sets the role's password; FILE holds the administrator's address
//   probe            0 when the service accepts the value on standard input, 1 when it refuses it
//   work FILE MARKS  reads the password once, then asks the service for something again and again
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const [service, address, act, ...rest] = process.argv.slice(2);
const USER = "agent";

const open = service === "redis" ? openRedis : openPostgres;

/** @returns how to ask, or null when the password is refused */
async function openRedis(password) {
  const socket = connect(Number(address), "127.0.0.1");
  const ask = async (line = "PING") => {
    socket.write(`${line}\r\n`);
    const [data] = await once(socket, "data");
    return String(data);
  };
  const close = () => socket.destroy();
  if (password === null || !(await ask(`AUTH ${USER} ${password}`)).startsWith("-WRONGPASS")) return { ask, close };
  close();
  return null;
}

async function openPostgres(password) {
  const { Client } = createRequire(new URL("../../packages/server/package.json", import.meta.url))("pg");
  const url = new URL(address);
  url.password = password;
  const client = new Client({ connectionString: url.href });
  try {
    await client.connect();
  } catch (fault) {
    // invalid_password
    if (fault.code === "28P01") return null;
    throw fault;
  }
  return { ask: async () => client.query("select 1"), close: () => client.end() };
}

async function change(line) {
  const redis = await openRedis(null);
  const said = await redis.ask(line);
  redis.close();
  if (!said.startsWith("+OK")) throw new Error(`redis says ${said}`);
}

async function alterRole(file) {
  const { Client, escapeLiteral } = createRequire(new URL("../../packages/server/package.json", import.meta.url))("pg");
  const client = new Client({ connectionString: readFileSync(file, "utf8") });
  await client.connect();
  await client.query(`alter role ${new URL(address).username} password ${escapeLiteral(await text(process.stdin))}`);
  await client.end();
}

// whatever else goes wrong is neither a yes nor a no
process.on("uncaughtException", (fault) => {
  process.stderr.write(`${fault.message}\n`);
  process.exit(2);
});
switch (act) {
  case "create": {
    const value = randomBytes(24).toString("hex");
    await change(`ACL SETUSER ${USER} >${value}`);
    process.stdout.write(JSON.stringify({ value }));
    break;
  }
  case "revoke":
    await change(`ACL SETUSER ${USER} <${JSON.parse(await text(process.stdin)).value}`);
    break;
  case "alter":
    await alterRole(rest[0]);
    break;
  case "probe": {
    const session = await open(await text(process.stdin));
    session?.close();
    process.exitCode = session === null ? 1 : 0;
    break;
  }
  case "work": {
    const [file, marks] = rest;
    const session = await open(readFileSync(file, "utf8").trim());
    for (;;) {
      if (session !== null) await session.ask();
      appendFileSync(marks, `${process.pid} ${session === null ? "refused" : "ok"}\n`);
      await sleep(20);
    }
  }
}
