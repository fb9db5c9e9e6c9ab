import type { ShipmentSetting } from "../../kernel/index.ts";

/** @returns where a place of the profile is, in a line; no secret is in it */
export function describePlace(place: ShipmentSetting): string {
  switch (place.kind) {
    case "file":
      return place.path;
    case "http":
      return place.url ?? `the address in ${place.urlEnv}`;
    case "email":
      return `channel ${place.channel}`;
    case "git":
      return `${place.repository}, branch ${place.branch}${place.pushTo === undefined ? "" : `, pushed to ${place.pushTo}`}`;
    case "s3":
      return place.place;
    default:
      return place satisfies never;
  }
}

/** @returns what a person can do when a place does not take checkpoints */
export function remedyFor(place: ShipmentSetting): string {
  switch (place.kind) {
    case "file":
      return "See that its folder is there, that the disk is mounted and has room, and that the user of Firebreak may write the file, which is no link.";
    case "http": {
      const names = [place.urlEnv, place.secretEnv].filter((name) => name !== undefined);
      const secrets = names.length === 0 ? "" : `, and that ${names.join(" and ")} ${areSet(names.length)}`;
      return `See that this machine reaches it and that it answers POST with 200${secrets}.`;
    }
    case "email":
      return `See that the profile has an e-mail channel ${place.channel}, and that its mail server takes mail from this machine.`;
    case "git": {
      const push =
        place.pushTo === undefined ? "" : `; then \`git -C ${place.repository} push ${place.pushTo} ${place.branch}\``;
      return `As the user of Firebreak run \`git -C ${place.repository} log ${place.branch}\`${push}: what fails there is to be mended.`;
    }
    case "s3":
      return `See that the bucket is there, that ${place.accessKeyEnv} and ${place.secretKeyEnv} are set, and that this key may write${place.lockDays === undefined ? "" : " and lock"} objects in it.`;
    default:
      return place satisfies never;
  }
}

const areSet = (amount: number): string => (amount === 1 ? "is set" : "are set");
