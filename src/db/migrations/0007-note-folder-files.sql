-- The files that lie in the folder of a source: how each looked when it was last looked at and since when,
-- what its bytes are, and as which batch they were taken in. A row goes when its file has left the folder.
create table folder_files (
  source text not null,
  -- As the file system gives it: not every name is text.
  name bytea not null,
  size bigint not null,
  -- Milliseconds since 1970, as the file system gives them: a sender may set any time.
  modified_ms double precision not null,
  first_seen_at timestamptz not null,
  -- Of the bytes that the file had when its inode was last changed at `changed_ms`.
  sha256 text,
  changed_ms double precision,
  batch_id uuid references batches on delete set null,
  -- Where the file goes, e.g. `done/penalties.csv`; noted before anything is written there.
  target text,
  primary key (source, name)
);
create index folder_files_batch on folder_files (batch_id) where batch_id is not null;
