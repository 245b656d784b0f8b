-- Answers to notices that the city does not take while it takes other things, and what the deletion of orders needs.

alter table notice_feedback
  -- The first of the tries that failed, and the end of the last one.
  add column failing_since timestamptz,
  add column tried_at timestamptz,
  -- Failed tries between which the city took something else.
  add column faults integer not null default 0,
  -- From when on it waits for somebody to mend the cause; it is tried on.
  add column stuck_at timestamptz;
update notice_feedback set failing_since = given_at where state = 'due' and error is not null;
create index notice_feedback_sent on notice_feedback (sent_at) where state = 'sent';

create index changes_waiting_by_resend_order on changes_waiting (resend_order) where resend_order is not null;
