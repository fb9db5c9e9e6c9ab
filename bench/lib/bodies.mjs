/**
 * Request bodies of 1 KB events whose ids and agents are overwritten in place, so that making them costs the load
 * generator next to nothing.
 *
 * kind `log`: nothing that a shipped rule reads beyond the kind. kind `command`: a command line, no two alike, which every
 * shipped rule reads; its agents change so often that none runs 50 in a minute, which would raise an alert.
 */
export const EVENT_BYTES = 1024;
/** Agents that take turns: for commands more than any run sends events / 50, and fewer than the engine keeps for one pack. */
const AGENTS = { log: 50, command: 2_000 };
const ID_DIGITS = 12;
/** Each connection has its share of them, or commands of one agent from several would be alike. */
const NUMBERS = 10 ** ID_DIGITS;
const AGENT_DIGITS = 4;
const COMMAND_NAME = "name-";
const OUTPUT = "src/index.ts:12: a line of output, as a tool writes it\n".repeat(20);

/** @param shape {kind, batch, prefix, agents, share}: agents begins their names, share (0 to 1) is where their turn begins @returns a function that gives the next body, in a buffer that it uses again */
export function createBodies({ kind, batch, prefix, agents, share }) {
  const line = makeLine(kind, prefix, agents);
  const text = batch === 1 ? line : `${line}\n`.repeat(batch);
  const body = Buffer.from(text);
  const commandAt = kind === "command" ? line.indexOf(COMMAND_NAME) + COMMAND_NAME.length : undefined;
  const stride = Buffer.byteLength(line) + 1;
  const idAt = line.indexOf(`${prefix}-`) + prefix.length + 1;
  // the last one: the event's own id begins alike
  const agentAt = line.lastIndexOf(`"${agents}-`) + agents.length + 2;
  let number = Math.floor(share * AGENTS[kind]);
  const ownNumbers = Math.floor(share * NUMBERS);
  return () => {
    for (let i = 0; i < batch; i++) {
      const digits = String(ownNumbers + number).padStart(ID_DIGITS, "0");
      body.write(digits, i * stride + idAt, "latin1");
      if (commandAt !== undefined) body.write(digits, i * stride + commandAt, "latin1");
      body.write(String(number % AGENTS[kind]).padStart(AGENT_DIGITS, "0"), i * stride + agentAt, "latin1");
      number += 1;
    }
    return body;
  };
}

function makeLine(kind, prefix, agents) {
  const details = { cwd: "/srv/project", user: "agent", pid: 12345, duration_ms: 12.5, tags: ["search", "read only"] };
  const command = {
    command: `grep -rn '${COMMAND_NAME}${"0".repeat(ID_DIGITS)} of' /srv/project/src --include=*.ts | head -40`,
    image: "/usr/bin/grep",
  };
  const event = (output) =>
    JSON.stringify({
      id: `${prefix}-${"0".repeat(ID_DIGITS)}`,
      time: new Date().toISOString(),
      source: "bench",
      agent: {
        pack: "research",
        id: `${agents}-${"0".repeat(AGENT_DIGITS)}`,
        session: "ses_01HF00000000000000000000AA",
      },
      kind,
      outcome: "success",
      data: { ...details, ...(kind === "command" ? command : {}), output },
    });
  const surplus = Buffer.byteLength(event(OUTPUT)) - EVENT_BYTES;
  // a line feed is two bytes in JSON; cut a little more rather than leave an escape open
  return event(OUTPUT.replaceAll("\n", " ").slice(0, OUTPUT.length - surplus + 20));
}
