import { createServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server as TcpServer, Socket } from "node:net";

/** What the demo's own webhook and mail receivers got. */
export interface Received {
  readonly channel: "webhook" | "email";
  readonly subject: string;
}

export interface Receivers {
  readonly webhookUrl: string;
  readonly smtpUrl: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 1024 * 1024;

/** Starts a webhook and a mail receiver on loopback, as small as the demo needs them. */
export async function startReceivers(): Promise<Receivers> {
  const received: Received[] = [];
  const web = createWebhookReceiver((subject) => received.push({ channel: "webhook", subject }));
  const mail = createMailReceiver((subject) => received.push({ channel: "email", subject }));
  const [webPort, mailPort] = [await listen(web), await listen(mail)];
  return {
    webhookUrl: `http://127.0.0.1:${webPort}/hook`,
    smtpUrl: `smtp://127.0.0.1:${mailPort}`,
    received,
    close: async () => {
      await Promise.all([web, mail].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function listen(server: Server | TcpServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(portOf(server.address())));
  });
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}

function createWebhookReceiver(onMessage: (subject: string) => void): Server {
  return createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      body += piece;
      if (body.length > BODY_BYTES_MAX) request.destroy();
    });
    request.on("end", () => {
      onMessage(/"subject":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? "(no subject)");
      response.writeHead(204, { connection: "close" }).end();
    });
  });
}

/** Speaks as much of SMTP (RFC 5321) as a client needs to hand one message over. */
function createMailReceiver(onMessage: (subject: string) => void): TcpServer {
  return createTcpServer((socket) => {
    let inData = false;
    let text = "";
    const answer = (line: string) => socket.write(`${line}\r\n`);
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    answer("220 demo ready");
    socket.on("data", (piece: string) => {
      text += piece;
      if (text.length > BODY_BYTES_MAX) socket.destroy();
      for (let end = text.indexOf("\r\n"); end >= 0 && !inData; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        inData = answerCommand(line, answer, socket);
      }
      if (!inData || !text.includes("\r\n.\r\n")) return;
      onMessage(subjectOf(text));
      text = "";
      inData = false;
      answer("250 taken");
    });
  });
}

/** Long header lines are folded (RFC 5322 section 2.2.3). */
function subjectOf(message: string): string {
  const unfolded = message.replace(/\r\n[ \t]+/g, " ");
  return /^subject: (.*)$/im.exec(unfolded)?.[1]?.trim() ?? "(no subject)";
}

/** @returns true when the message itself follows */
function answerCommand(line: string, answer: (line: string) => void, socket: Socket): boolean {
  switch (line.slice(0, 4).toUpperCase()) {
    case "DATA":
      answer("354 go on");
      return true;
    case "QUIT":
      answer("221 bye");
      socket.end();
      return false;
    default:
      answer("250 demo");
      return false;
  }
}
