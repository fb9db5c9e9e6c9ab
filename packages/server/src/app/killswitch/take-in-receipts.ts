import { mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { codeOf } from "../../kernel/index.ts";
import { verifyReceipt } from "../../killswitch/index.ts";
import type { House } from "../house.ts";
import { mirrorHolds } from "./mirror-holds.ts";
import { recordStop } from "./record-stop.ts";

const FILE_BYTES_MAX = 16 * 1024 * 1024;
const FILES_MAX = 100;

/** Records the stops that the command line made while no server answered, from the receipts that it left. */
export async function takeInReceipts(house: House): Promise<number> {
  const directory = path.join(house.config.home, "receipts");
  const names = namesIn(directory).slice(0, FILES_MAX);
  if (names.length === 0) return 0;
  await mirrorHolds(house);
  for (const name of names) await takeIn(house, directory, name);
  return names.length;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith(".json"));
  } catch (fault) {
    if (codeOf(fault) === "ENOENT") return [];
    throw fault;
  }
}

/** A file that is not ours, or was changed, is set aside and named. */
async function takeIn(house: House, directory: string, name: string): Promise<void> {
  const file = path.join(directory, name);
  const text = statSync(file).size > FILE_BYTES_MAX ? "" : readFileSync(file, "utf8");
  const { genuine, content, findings } = verifyReceipt(text, house.receiptKey.keyId);
  const isStop = genuine && content?.kind === "stop";
  if (isStop) {
    const { receipt, drill } = content;
    await recordStop(house, receipt.hold.actor, receipt, { address: null, drill });
  } else {
    house.logger.warn("a receipt in the home was not taken in", { file, findings: findings.join("; ") });
  }
  const aside = path.join(directory, isStop ? "taken" : "refused");
  mkdirSync(aside, { recursive: true, mode: 0o700 });
  renameSync(file, path.join(aside, name));
}
