/** Phases whose time box, in milliseconds, nobody has been told of yet. */
export const phaseBoxes = `
alter table playbook_runs add column phase_boxes jsonb not null default '{}';
create index playbook_runs_phase_boxes_index on playbook_runs (id) where ended_at is null and phase_boxes <> '{}';
`;
