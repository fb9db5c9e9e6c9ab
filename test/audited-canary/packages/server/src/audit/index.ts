export async function recordAudit(trx, record) {
  await trx.insertInto("audit_log").values(record).execute();
}
