import { auditLogView, shipmentList } from "@firebreak/protocol";
import type { ShipmentView } from "@firebreak/protocol";
import type { Command } from "../command.ts";
import { ASKS_SERVER, EXIT } from "../exit-codes.ts";
import { timeText } from "../format.ts";
import type { Output } from "../output.ts";
import { printable } from "../printable.ts";

/** Places are many at most, each with a time-out of its own. */
const SHIP_TIMEOUT_MS = 5 * 60_000;

export function tellShipment({ name, kind, place, size, shippedAt, isLate, ...trouble }: ShipmentView, output: Output) {
  const when = shippedAt === null ? "nothing yet" : `${size} entries, ${timeText(shippedAt)}`;
  const late = isLate ? `; ${output.style.red("late")}` : "";
  output.line(`Shipped to ${printable(name)} (${kind}, ${printable(place)}): ${when}${late}`);
  tellTrouble(trouble, output);
}

/** What is wrong with a place or a witness, since when, and what to do. */
export function tellTrouble(
  { problem, failingSince, remedy }: Pick<ShipmentView, "problem" | "failingSince" | "remedy">,
  { line, style }: Output,
): void {
  if (problem === null) return;
  const since = failingSince === null ? "" : `since ${timeText(failingSince)}: `;
  line(`  ${style.red(`${since}${printable(problem)}`)}`);
  if (remedy !== null) line(`  ${printable(remedy)}`);
}

const ship: Command = {
  name: "audit ship",
  summary: "where checkpoints are kept outside, and send the newest now",
  description: [
    "The profile names places that get the log's signed checkpoint on a schedule (`audit.ship`): a file on another disk, an " +
      "address, a mailbox, a Git repository, an S3-compatible store. With what lies there `audit verify --against PLACE` finds " +
      "also a log that was replaced as a whole.",
    "Without --now it shows how far each place has come. Ends with 1 when one of them is behind or failed.",
  ],
  options: { now: { type: "boolean", summary: "send the newest checkpoint now" } },
  examples: ["firebreak audit ship", "firebreak audit ship --now"],
  exits: ASKS_SERVER,
  run: async ({ client, output, args }) => {
    const items = args.flag("now")
      ? (await client.post(shipmentList, "/audit/ship", {}, SHIP_TIMEOUT_MS)).items
      : (await client.get(auditLogView, "/audit/log")).shipments;
    output.result({ items });
    if (items.length === 0) output.line("The profile names no place: `audit.ship` in profile.yaml.");
    for (const item of items) tellShipment(item, output);
    return items.some(({ problem, isLate }) => problem !== null || isLate) ? EXIT.failed : EXIT.ok;
  },
};

export const auditShipCommands: readonly Command[] = [ship];
