import { createServer } from "node:net";
import { OperatorError, codeOf, messageOf } from "../kernel/index.ts";

const PORTS_TRIED_MAX = 50;
const PORT_MAX = 65_535;

/** The port belongs to another program. `freePort` is one that was free a moment ago, never taken without a word. */
export class PortInUseError extends OperatorError {
  readonly freePort: number | null;

  constructor(host: string, port: number, freePort: number | null, cause: unknown) {
    const remedy =
      freePort === null
        ? "Stop the program that uses it, or choose another port with --port."
        : `Start with --port ${freePort}, which is free, or stop the program that uses ${port}.`;
    super(`Port ${port} on ${host} is in use.`, remedy, { cause });
    this.freePort = freePort;
  }
}

/** @returns what a person can do about a server that cannot listen */
export async function explainListenFault(fault: unknown, host: string, port: number): Promise<unknown> {
  switch (codeOf(fault) ?? "") {
    case "EADDRINUSE":
      return new PortInUseError(host, port, await findFreePort(host, port + 1), fault);
    case "EACCES":
      return new OperatorError(
        `This user may not listen on port ${port} of ${host}.`,
        "Choose a port above 1023 with --port.",
        { cause: fault },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new OperatorError(
        `${host} is no address of this machine (${messageOf(fault)}).`,
        "Choose one with --host: 127.0.0.1 for this machine alone, 0.0.0.0 for every network.",
        { cause: fault },
      );
    default:
      return fault;
  }
}

async function findFreePort(host: string, from: number): Promise<number | null> {
  const to = Math.min(from + PORTS_TRIED_MAX, PORT_MAX + 1);
  for (let port = from; port < to; port++) if (await isFree(host, port)) return port;
  return null;
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
