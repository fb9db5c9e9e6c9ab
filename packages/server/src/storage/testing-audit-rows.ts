import type { Database } from "./connect.ts";

/**
 * From now on the database itself refuses, at the commit, every transaction that changes one of these tables and records no
 * audit row: what `npm run check` concludes from the code holds when it runs.
 */
export async function requireAuditRows({ pool }: Pick<Database, "pool">, tables: readonly string[]): Promise<void> {
  await pool.query(`
    create function note_audit_row() returns trigger language plpgsql as $$
    begin
      perform set_config('firebreak.audited', txid_current()::text, true);
      return null;
    end $$;
    create trigger audited after insert on audit_log for each statement execute function note_audit_row();
    create function require_audit_row() returns trigger language plpgsql as $$
    begin
      if current_setting('firebreak.audited', true) is distinct from txid_current()::text then
        raise exception '% was changed without an audit row', tg_table_name;
      end if;
      return null;
    end $$;`);
  for (const table of tables) {
    await pool.query(`
      create constraint trigger needs_audit_row after insert or update or delete on ${table}
      deferrable initially deferred for each row execute function require_audit_row()`);
  }
}
