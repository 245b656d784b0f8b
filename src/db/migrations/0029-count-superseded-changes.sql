-- Of what a resend skips: changes in the place of which a later version was planned.
alter table resend_orders add column superseded bigint not null default 0;
