-- Notices of the city and what became of them. Every step of a notice is a row in notice_steps.

-- How far the notice feed of a destination has been read.
create table notice_cursors (
  destination text primary key,
  last_event_id text,
  read_at timestamptz
);

create table notices (
  id text primary key,
  number bigint generated always as identity unique,
  destination text not null,
  event_id text,
  state text not null check (state in ('received', 'refused', 'unmatched', 'routed', 'closed')),
  subject text collate "C" not null,
  subject_known boolean,
  measure text not null,
  body jsonb not null,
  sealed bytea,
  received_at timestamptz not null
);
create index notices_by_subject on notices (subject);

-- One delivery per notice and recipient; its id is the webhook-id and stays over all attempts.
create table notice_deliveries (
  id uuid primary key,
  notice_id text not null references notices,
  agency text not null,
  state text not null check (state in ('due', 'delivered', 'mailbox')),
  attempts integer not null default 0,
  due_at timestamptz not null,
  claimed_by uuid,
  claimed_until timestamptz,
  acknowledged_at timestamptz,
  fed_back_at timestamptz,
  unique (notice_id, agency)
);
create index notice_deliveries_due on notice_deliveries (due_at) where state = 'due';

create table delivery_attempts (
  delivery_id uuid not null references notice_deliveries,
  attempt integer not null,
  started_at timestamptz not null,
  took_ms integer not null,
  http_status integer,
  error text,
  primary key (delivery_id, attempt)
);

-- What an agency answered, on its way to the city under an id that never changes.
create table notice_feedback (
  id uuid primary key,
  notice_id text not null references notices,
  agency text not null,
  outcome text not null check (outcome in ('acknowledged', 'acted', 'not-applicable', 'objected')),
  body jsonb not null,
  state text not null default 'due' check (state in ('due', 'sent', 'refused')),
  attempts integer not null default 0,
  due_at timestamptz not null,
  claimed_by uuid,
  claimed_until timestamptz,
  given_at timestamptz not null,
  sent_at timestamptz,
  error text
);
create unique index notice_feedback_once on notice_feedback (notice_id, agency, outcome);
create index notice_feedback_due on notice_feedback (due_at) where state = 'due';

create table notice_steps (
  notice_id text not null references notices,
  number bigint generated always as identity,
  step text not null,
  agency text,
  at timestamptz not null,
  details jsonb not null default '{}',
  primary key (notice_id, number)
);
