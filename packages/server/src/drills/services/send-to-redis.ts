import { connect } from "node:net";

const TIMEOUT_MS = 10_000;

/**
 * Sends commands whose answers are one line each (SET, PING, CONFIG SET …), in one go.
 *
 * @returns the first line of each answer, with its sign
 */
export function sendToRedis(port: number, commands: readonly (readonly string[])[]): Promise<string[]> {
  const request = commands.map((words) => `*${words.length}\r\n${words.map(bulk).join("")}`).join("");
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: TIMEOUT_MS });
    let text = "";
    socket.setEncoding("utf8");
    socket.once("error", reject);
    socket.once("timeout", () => socket.destroy(new Error(`Redis on port ${port} does not answer`)));
    socket.on("connect", () => socket.write(request));
    socket.on("data", (piece: string) => {
      text += piece;
      const lines = text.split("\r\n").slice(0, -1);
      if (lines.length < commands.length) return;
      socket.end();
      resolve(lines.slice(0, commands.length));
    });
  });
}

function bulk(word: string): string {
  return `$${Buffer.byteLength(word)}\r\n${word}\r\n`;
}
