-- How far the running digest of the feed has been worked out for each view of it, every few thousand events: asking for
-- the digest at any event begins at the nearest of these. Worked out from what never changes, so it can be lost.
create table feed_digests (
  view text not null,
  -- The digest is over the events behind `since`, 0 where that is all of them, up to and including `position`.
  position bigint not null,
  since bigint not null,
  count bigint not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  primary key (view, position)
);
