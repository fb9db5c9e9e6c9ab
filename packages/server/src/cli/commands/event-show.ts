import { eventDetail, eventPage } from "@firebreak/protocol";
import type { EventDetail } from "@firebreak/protocol";
import { OperatorError } from "../../kernel/index.ts";
import type { Command, CommandContext } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { printable } from "../printable.ts";

const NUMBER = /^[1-9]\d{0,15}$/;

const show: Command = {
  name: "events show",
  summary: "one event, whole, with its alerts and what leads on",
  positionals: [{ name: "EVENT", summary: "the event's number, or its id" }],
  examples: ["firebreak events show 5120", "firebreak events show evt_01J00000000000000000000000 --json"],
  exits: [...ASKS_SERVER, "notFound"],
  run: async (context) => {
    const { client, output } = context;
    const given = context.args.positional(0) ?? "";
    const number = NUMBER.test(given) ? given : await findNumber(context, given);
    const detail = await client.get(eventDetail, `/events/${number}`);
    output.result(detail);
    for (const line of JSON.stringify(detail.event, null, 2).split("\n")) output.line(printable(line));
    output.line();
    for (const line of leadsOn(detail)) output.line(line);
    return EXIT.ok;
  },
};

async function findNumber({ client }: CommandContext, id: string): Promise<string> {
  const query = new URLSearchParams({ path: `id=${id}` });
  const { items } = await client.get(eventPage, `/events?${query.toString()}`);
  const [event] = items;
  if (event !== undefined) return String(event.seq);
  throw new OperatorError(
    `There is no event ${printable(id)}.`,
    "See `firebreak events list`; old events may be deleted.",
    { exitCode: EXIT.notFound },
  );
}

/** @returns what was made of the event, and the commands that show what is around it */
function leadsOn({ event: { seq, agent }, alerts }: EventDetail): string[] {
  const { session, run } = agent;
  const made = alerts.map(({ id, title, severity, incidentId }) => {
    const incident = incidentId === null ? "" : `; firebreak incident show ${incidentId}`;
    return `Alert ${id}, severity ${severity}: ${printable(title)}${incident}`;
  });
  return [
    ...made,
    ...(session === undefined ? [] : [`Replay:  firebreak session replay ${quoted(session)} --event ${seq}`]),
    ...(run === undefined ? [] : [`Its run: firebreak events list --run ${quoted(run)} --oldest`]),
    `Proof:   firebreak audit prove --event ${seq}`,
  ];
}

function quoted(text: string): string {
  const plain = printable(text);
  return /^[\w.:@,=*/+-]+$/.test(plain) ? plain : `'${plain.replaceAll("'", `'\\''`)}'`;
}

export const eventShowCommands: readonly Command[] = [show];
