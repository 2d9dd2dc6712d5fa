-- In the shop's database: what it writes here, in the transaction of what happened, is published.
create table outbox (
  id uuid primary key default gen_random_uuid(),
  topic text not null,     -- events.order, consent.changes, ...
  subject text not null,   -- the record's key: customer:<id>
  payload jsonb not null   -- the event, field by field as its schema names them; times as numbers or ISO 8601
);

create publication cloakroom_outbox for table outbox;
