-- In the warehouse, once, by a superuser, before the connectors start. The tables of releases are made by their sink; each
-- gets its trigger when it is made. Releases and recalls come on two ways, either first: both do the same comparison, so
-- that the order does not matter.

create table recalls_analytics (
  "__connect_topic" text not null,
  "__connect_partition" int not null,
  "__connect_offset" bigint not null,
  pseudonym text not null,
  epoch int not null,
  purpose text not null,
  brand text not null,
  channel text not null,
  collector text not null,
  item text not null,
  before timestamp,
  rule text not null,
  clause text not null,
  "occurredAt" timestamp,
  "decidedAt" timestamp not null,
  primary key ("__connect_topic", "__connect_partition", "__connect_offset")
);

create index on recalls_analytics (pseudonym);

-- Whether one of the purposes of a release was recalled: then all of it goes, for nothing here says which of its fields
-- the others would still allow. What was released before a recall is of events up to its time, and five seconds more, for
-- clocks differ; what comes of later events was decided with the refusal known. Times of releases are cut, so somebody who
-- refuses and grants again within the hour has that hour given up. What a release does not tell is taken to be what the
-- recall is about; items are not told apart.
create function is_recalled(release jsonb) returns boolean language plpgsql as $$
declare
  occurred timestamp := (release ->> 'meta_occurredAt')::timestamp;
begin
  return exists (
    select from recalls_analytics as r
    where r.pseudonym = release ->> 'pseudonym'
      and release -> 'purposes' ? r.purpose
      and (r.brand = '' or r.brand = coalesce(release ->> 'meta_brand', r.brand))
      and (r.channel = '' or r.channel = coalesce(release ->> 'channel', r.channel))
      and (r.collector = ''
        or r.collector = coalesce(release ->> 'meta_collector', release ->> 'meta_brand', r.collector))
      and (r.before is null or occurred is null or occurred < r.before)
      and (occurred is null or occurred <= r."decidedAt" + interval '5 seconds'));
end $$;

-- A release that was recalled before it came does not get in. The lock: a recall waits for releases that are being written.
create function hold_to_recalls() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared('recalls_analytics'::regclass::oid::bigint);
  return case when is_recalled(to_jsonb(new)) then null else new end;
end $$;

create function give_up() returns trigger language plpgsql as $$
declare
  releases regclass;
begin
  perform pg_advisory_xact_lock('recalls_analytics'::regclass::oid::bigint);
  for releases in select tgrelid::regclass from pg_trigger where tgname = 'hold_to_recalls' loop
    execute format('delete from %s as r where pseudonym = $1 and is_recalled(to_jsonb(r))', releases) using new.pseudonym;
  end loop;
  return null;
end $$;

create trigger give_up after insert or update on recalls_analytics for each row execute function give_up();

create function guard_releases() returns event_trigger language plpgsql as $$
declare
  made regclass;
begin
  for made in
    select objid::regclass from pg_event_trigger_ddl_commands()
    where command_tag = 'CREATE TABLE'
      and exists (select from pg_attribute where attrelid = objid and attname = 'releaseId')
  loop
    execute format('create index on %s (pseudonym)', made);
    execute format(
      'create trigger hold_to_recalls before insert on %s for each row execute function hold_to_recalls()', made);
  end loop;
end $$;

create event trigger guard_releases on ddl_command_end when tag in ('CREATE TABLE') execute function guard_releases();
