-- Endpoints that answered 410. Keyed by address, so that a new address in the configuration is tried again.
create table disabled_endpoints (
  agency text not null,
  url text not null,
  disabled_at timestamptz not null,
  primary key (agency, url)
);
