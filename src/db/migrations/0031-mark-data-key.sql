-- What the index key of the data key file makes of a fixed text: another file is not taken for the one that this
-- database was written with.
create table data_key_mark (
  is_only boolean primary key default true check (is_only),
  mark uuid not null
);
