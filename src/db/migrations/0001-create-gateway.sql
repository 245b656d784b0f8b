-- Everything the first whole exchange stands on. PostgreSQL is the only truth: queues, leases,
-- schedules and positions are rows here.

create table api_keys (
  id text primary key,
  role text not null check (role in ('agency', 'city', 'operator', 'auditor')),
  agency text,
  hash bytea not null unique,
  created_at timestamptz not null,
  revoked_at timestamptz,
  check ((role = 'agency') = (agency is not null))
);

-- One row per source: the lease under which its batches are processed, one at a time.
create table source_claims (
  source text primary key,
  claimed_by uuid,
  claimed_until timestamptz
);

create table batches (
  id uuid primary key,
  number bigint generated always as identity unique,
  source text not null,
  agency text not null,
  record_type text not null,
  mapping text not null,
  status text not null default 'received'
    check (status in ('received', 'processing', 'accepted', 'partially-accepted', 'rejected', 'held', 'failed')),
  sha256 text not null,
  bytes bigint not null,
  reading jsonb not null,
  received_at timestamptz not null,
  finished_at timestamptz,
  failures integer not null default 0,
  retry_at timestamptz,
  last_row bigint not null default 0,
  received bigint not null default 0,
  new bigint not null default 0,
  amended bigint not null default 0,
  unchanged bigint not null default 0,
  duplicate bigint not null default 0,
  stale bigint not null default 0,
  withdrawn bigint not null default 0,
  rejected bigint not null default 0,
  warnings jsonb not null default '[]',
  constraint account_closes check
    (received = new + amended + unchanged + duplicate + stale + withdrawn + rejected)
);
create index batches_by_source on batches (source, number);
create index batches_by_bytes on batches (source, sha256);
create index batches_unsettled on batches (source, number) where status in ('received', 'processing');

create table idempotency_keys (
  source text not null,
  key text not null,
  holder uuid not null,
  sha256 text,
  batch_id uuid,
  touched_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (source, key)
);

-- A chunk is what one transaction stored of a batch; its changes got the positions
-- first_position, first_position + 1, … in that transaction's last statement.
create table chunks (
  id bigint generated always as identity primary key,
  batch_id uuid not null references batches,
  number integer not null,
  agency text not null,
  record_type text not null,
  changes integer not null,
  last_row bigint not null,
  first_position bigint,
  last_position bigint generated always as (first_position + changes - 1) stored,
  committed_at timestamptz not null,
  unique (batch_id, number)
);
create unique index chunks_by_position on chunks (first_position) where changes > 0;

-- The states of every record, append-only: the current one has the highest version. `data` is the
-- canonical form with personal numbers masked; `sealed` holds what was masked, encrypted.
create table record_versions (
  record_id uuid not null,
  version integer not null,
  chunk_id bigint not null,
  ordinal integer not null,
  row_number bigint not null,
  operation "char" not null check (operation in ('u', 'd')),
  ordered_at timestamptz not null,
  content_hash uuid not null,
  subject text collate "C" not null,
  document_number text collate "C" not null,
  data text not null,
  sealed bytea,
  primary key (record_id, version)
);
create unique index record_versions_by_chunk on record_versions (chunk_id, ordinal);
create index record_versions_by_subject on record_versions (subject, document_number);

create table rejected_rows (
  batch_id uuid not null,
  row_number bigint not null,
  sealed bytea not null,
  primary key (batch_id, row_number)
);

create table row_problems (
  batch_id uuid not null,
  row_number bigint not null,
  ordinal integer not null,
  code text not null,
  "column" text,
  severity text not null check (severity in ('error', 'warning')),
  details jsonb,
  primary key (batch_id, row_number, ordinal)
);

-- The one place where positions are given out; see assign_positions.
create table change_log (
  only_row boolean primary key default true check (only_row),
  last_position bigint not null
);
insert into change_log (last_position) values (0);

-- The last statement of a chunk's transaction. The advisory lock is held until that transaction has
-- committed, so positions become visible in order and without holes.
create function assign_positions(chunk bigint, change_count integer) returns bigint
language plpgsql as $$
declare
  first bigint;
begin
  if change_count = 0 then
    return null;
  end if;
  perform pg_advisory_xact_lock(727001);
  update change_log set last_position = last_position + change_count
    returning last_position - change_count + 1 into first;
  update chunks set first_position = first where id = chunk;
  return first;
end
$$;

create table destinations (
  id text primary key,
  planned_to bigint not null default 0,
  failures integer not null default 0,
  open_until timestamptz
);

-- A message's id and positions are committed before it is sent and never change.
create table messages (
  id uuid primary key,
  number bigint generated always as identity unique,
  destination text not null references destinations,
  agency text not null,
  record_type text not null,
  table_code text not null,
  table_version text not null,
  positions bigint[] not null,
  narrowed_from uuid references messages,
  resend boolean not null default false,
  state text not null default 'planned' check (state in ('planned', 'answered', 'refused', 'narrowed')),
  attempts integer not null default 0,
  due_at timestamptz not null,
  claimed_by uuid,
  claimed_until timestamptz,
  planned_at timestamptz not null,
  answered_at timestamptz,
  receipt_id text,
  city_received_at timestamptz,
  city_code text,
  city_message text
);
create index messages_due on messages (destination, due_at) where state = 'planned';

create table message_attempts (
  message_id uuid not null references messages,
  attempt integer not null,
  started_at timestamptz not null,
  took_ms integer not null,
  http_status integer,
  city_code text,
  error text,
  primary key (message_id, attempt)
);

-- The unanswered change of each record: one at most, which is what keeps order per record.
create table changes_in_flight (
  destination text not null,
  record_id uuid not null,
  position bigint not null,
  message_id uuid not null,
  primary key (destination, record_id)
);
create index changes_in_flight_by_message on changes_in_flight (message_id);

-- Changes passed over while an earlier one of their record was unanswered.
create table changes_waiting (
  destination text not null,
  position bigint not null,
  record_id uuid not null,
  agency text not null,
  record_type text not null,
  primary key (destination, position)
);

-- What the city refused, in its own words.
create table refusals (
  destination text not null,
  position bigint not null,
  record_id uuid not null,
  version integer not null,
  batch_id uuid not null,
  row_number bigint not null,
  city_code text not null,
  city_message text not null,
  refused_at timestamptz not null,
  primary key (destination, position)
);
create index refusals_by_batch on refusals (batch_id, row_number);

create table batch_deliveries (
  batch_id uuid not null,
  destination text not null,
  delivered bigint not null default 0,
  refused bigint not null default 0,
  primary key (batch_id, destination)
);

-- A row decides which instance runs a scheduled fire, and tells what was missed.
create table fires (
  schedule text not null,
  due_at timestamptz not null,
  next_due_at timestamptz,
  claimed_by uuid not null,
  claimed_at timestamptz not null,
  finished_at timestamptz,
  error text,
  primary key (schedule, due_at)
);
