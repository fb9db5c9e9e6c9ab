/** Who may not say yes, who is told when nobody answers, and what was answered without the second person. */
export const approvalPeople = `
alter table approvals
  add column askers jsonb not null default '[]',
  add column remind_at timestamptz,
  add column reminded_at timestamptz,
  add column escalate_to text check (escalate_to in ('responder', 'commander', 'admin')),
  add column break_glass jsonb,
  add column reviewed jsonb;
create index approvals_unreviewed_index on approvals (id) where break_glass is not null and reviewed is null;
create index approvals_reminders_index on approvals (remind_at) where state = 'pending' and reminded_at is null;
create index playbook_steps_approval_index on playbook_steps (approval_id) where approval_id is not null;

alter table playbook_steps add column retried_by jsonb;
`;
