-- The audit log: who did what when, never the body of a record. Each entry carries the hash of the one before
-- it, so that nobody can change, take out or move an entry without all later hashes telling. `details` is the
-- RFC 8785 form of a small JSON object, kept as the text that was hashed.
create table audit_entries (
  number bigint primary key check (number > 0),
  at timestamptz not null,
  actor text not null,
  action text not null,
  object text not null,
  details text not null,
  previous_hash text not null check (previous_hash ~ '^[0-9a-f]{64}$'),
  hash text not null check (hash ~ '^[0-9a-f]{64}$')
);
create index audit_entries_by_object on audit_entries (object, number);

create function refuse_audit_change() returns trigger
language plpgsql as $$
begin
  raise exception 'The audit log is append-only.' using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_entries_append_only
  before update or delete or truncate on audit_entries
  for each statement execute function refuse_audit_change();
-- Also where a session has switched ordinary triggers off.
alter table audit_entries enable always trigger audit_entries_append_only;

-- The last statement of the transaction whose act it records. The advisory lock is held until that
-- transaction has committed, so entries become visible in order and without holes. Whoever also gives out
-- positions does that first: 727001 is never asked for by one that holds 727002, nor is any row.
-- `head` and `object_json` are parts of the RFC 8785 form of the entry, which is completed here.
create function append_audit(
  entry_at timestamptz, entry_actor text, entry_action text, entry_object text, entry_details text,
  head text, object_json text
) returns bigint
language plpgsql
set lock_timeout = '5s' as $$
declare
  last_number bigint := 0;
  last_hash text := repeat('0', 64);
  form text;
begin
  perform pg_advisory_xact_lock(727002);
  select number, hash into last_number, last_hash from audit_entries order by number desc limit 1;
  if not found then
    last_number := 0;
    last_hash := repeat('0', 64);
  end if;
  form := head || ',"number":' || (last_number + 1) || ',"object":' || object_json
    || ',"previousHash":"' || last_hash || '"}';
  insert into audit_entries (number, at, actor, action, object, details, previous_hash, hash)
  values (last_number + 1, entry_at, entry_actor, entry_action, entry_object, entry_details, last_hash,
    encode(sha256(convert_to(form, 'UTF8')), 'hex'));
  return last_number + 1;
end
$$;
