/** Functions that look and do nothing; whatever else stands before a parenthesis is refused. */
const FUNCTIONS = new Set(
  (
    "count sum min max avg coalesce nullif greatest least round abs ceil floor now age extract date_trunc date_part to_char " +
    "to_timestamp lower upper length left right trim substring position concat string_agg array_agg array_length unnest " +
    "jsonb_array_length jsonb_object_keys version current_database current_setting pg_size_pretty pg_database_size " +
    "pg_total_relation_size pg_relation_size pg_table_size pg_indexes_size pg_tablespace_size pg_is_in_recovery " +
    "pg_current_wal_lsn pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_wal_lsn_diff " +
    "pg_postmaster_start_time pg_conf_load_time pg_blocking_pids format_type pg_get_indexdef has_table_privilege"
  ).split(" "),
);
/** Words before a parenthesis that are no functions. */
const WORDS = new Set(
  (
    "select from where and or not in exists any all some as on using over filter values having by case when then else " +
    "union intersect except with within order interval numeric varchar char decimal timestamp cast is like ilike between explain"
  ).split(" "),
);
/** Where PostgreSQL keeps what lets somebody in. */
const SECRET_TABLES = /\bpg_(?:shadow|authid|user_mappings?|subscription|largeobject)\b/i;
const BEGINNINGS = /^(?:select|show|table|values|with|explain(?!\s*\(?\s*analy[sz]e))\b/i;
const WRITING =
  /\b(?:into|insert|update|delete|merge|truncate|drop|alter|create|grant|revoke|copy|call|do|lock|set|reset|vacuum|listen|notify|load|analy[sz]e|refresh|reindex|cluster|prepare|execute|declare)\b/i;

/**
 * Whether one statement only looks, as far as its words can tell: one statement, no writing word, no function but those
 * known to only look. The server is told to be read-only beside it.
 *
 * @returns why it is not sent; null when it may be
 */
export function refuseStatement(sql: string): string | null {
  if (sql.includes("\\")) return "a backslash is a command of psql's own or an escape";
  const text = sql.trim().replace(/;\s*$/, "");
  // what stands in quotes is a text, however it looks; what stands in a dollar quote or a comment could hide the rest
  const bare = text.replaceAll(/'(?:[^']|'')*'/g, "''");
  if (/\$|--|\/\*|;|u&"/i.test(bare)) return "only one statement, without comments and dollar quotes";
  if (!BEGINNINGS.test(bare)) return "only SELECT, SHOW, TABLE, VALUES, WITH and EXPLAIN only look";
  const secret = SECRET_TABLES.exec(bare)?.[0];
  if (secret !== undefined) return `${secret} holds secrets`;
  const writing = WRITING.exec(bare)?.[0];
  if (writing !== undefined) return `${writing.toUpperCase()} may change something`;
  for (const [, quoted, name = ""] of bare.matchAll(/("?)([\w.]+)"?\s*\(/g)) {
    const known = name.toLowerCase().replace(/^pg_catalog\./, "");
    if (quoted !== "" || !(FUNCTIONS.has(known) || WORDS.has(known))) return `${name}() is not known to only look`;
  }
  return null;
}
