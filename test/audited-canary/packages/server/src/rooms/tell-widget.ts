import { recordAudit } from "../audit/index.ts";

export async function tellWidget(trx, id) {
  await recordAudit(trx, { action: "widget.change", target: id });
}
