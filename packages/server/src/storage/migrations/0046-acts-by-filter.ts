/** Acts are looked for by who did what, and when. What they were done to has its index already. */
export const actsByFilter = `
create index audit_log_action_index on audit_log (action collate "C", seq);
create index audit_log_actor_index on audit_log ((actor ->> 'id'), seq);
create index audit_log_actor_name_index on audit_log ((actor ->> 'name'), seq);
create index audit_log_at_index on audit_log (at);
`;
