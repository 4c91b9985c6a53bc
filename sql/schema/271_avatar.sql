-- The picture of a person (TEN-29): what was sent stays only until it was scanned and drawn anew, small and square, in the cage of the reader; only that drawing is
-- shown. users.avatar is the key in its address and changes with each picture.

alter table users add constraint users_avatar check (avatar ~ '^[0-9a-f]{32}$');
create unique index users_avatar on users (avatar) where avatar is not null;
alter table memberships add column avatar text; -- as with the person, like the name
alter table principals add column avatar text not null default '';

create table user_avatars (
	user_id uuid primary key references users on delete cascade,
	state text not null check (state in ('waits', 'shown', 'refused')),
	reason text, -- why it was refused, message me.avatar_no.REASON
	type text,
	sent bytea check (length(sent) <= 5 * 1024 * 1024),
	image bytea check (length(image) <= 65536), -- JPEG
	updated_at timestamptz not null default now()
);
grant select, insert, update, delete on user_avatars to fl_definer;

-- As in 121, and the person's picture.
create or replace function principal_fill() returns trigger language plpgsql as $$
begin
	new.scope := case when new.role = 'client' then 'client' when new.user_id is not null and new.role in ('operator', 'pm', 'member', 'viewer', 'user')
			and exists (select from public.scope_grants g where g.org_id = new.org_id and g.user_id = new.user_id)
			and not exists (select from public.scope_grants g where g.org_id = new.org_id and g.user_id = new.user_id and g.scope = 'strategy') then 'scopes' else '' end;
	select coalesce(u.date_format, o.date_format, ''), coalesce(u.currency, o.currency, 'EUR'), coalesce(o.logo_key, ''), coalesce(u.avatar, '')
		into new.date_format, new.currency, new.logo, new.avatar
		from (select) x left join public.organizations o on o.id = new.org_id left join public.users u on u.id = new.user_id;
	return new;
end
$$;
select fl_definer_function('principal_fill()');

create function membership_avatar() returns trigger language plpgsql as $$
begin
	new.avatar := (select u.avatar from public.users u where u.id = new.user_id);
	return new;
end
$$;
select fl_definer_function('membership_avatar()');
create trigger avatar before insert on memberships for each row execute function membership_avatar();

create function avatar_set(p_user uuid, p_key text) returns void language plpgsql as $$
begin
	update public.users u set avatar = p_key, updated_at = now() where u.id = p_user;
	update public.memberships m set avatar = p_key where m.user_id = p_user;
	update public.principals p set date_format = p.date_format where p.user_id = p_user;
end
$$;
select fl_definer_function('avatar_set(uuid, text)', 'fl_definer');

-- What was sent waits for the reader; the picture of before stays until then.
create function avatar_send(p_type text, p_sent bytea) returns table (id uuid) language plpgsql as $$
declare
	v_org text := coalesce(current_setting('app.current_org_id', true), '');
begin
	insert into public.user_avatars as a (user_id, state, type, sent) values (public.fl_user(), 'waits', p_type, p_sent)
		on conflict (user_id) do update set state = 'waits', reason = null, type = p_type, sent = p_sent, updated_at = clock_timestamp();
	perform set_config('app.current_org_id', 'ffffffff-ffff-ffff-ffff-ffffffffffff', true);
	perform public.fl_enqueue('document-processing', 'account.avatar', jsonb_build_object('user_id', public.fl_user()), 3);
	perform set_config('app.current_org_id', v_org, true);
	return query select public.fl_user();
end
$$;
select fl_definer_function('avatar_send(text, bytea)');

create function avatar_load(p_user uuid) returns table (type text, sent bytea, seen timestamptz) language sql stable as $$
	select a.type, a.sent, a.updated_at from public.user_avatars a where a.user_id = p_user and a.state = 'waits'
$$;
select fl_definer_function('avatar_load(uuid)');

-- What the reader made of what was there at p_seen: a picture, or the reason why not. What was sent since has its own job.
create function avatar_seen(p_user uuid, p_seen timestamptz, p_image bytea, p_reason text) returns void language plpgsql as $$
begin
	update public.user_avatars a set state = case when p_image is null then 'refused' else 'shown' end, reason = p_reason, image = coalesce(p_image, a.image), sent = null
		where a.user_id = p_user and a.state = 'waits' and a.updated_at = p_seen;
	if found and p_image is not null then
		perform public.avatar_set(p_user, replace(gen_random_uuid()::text, '-', ''));
	end if;
end
$$;
select fl_definer_function('avatar_seen(uuid, timestamptz, bytea, text)');

create function avatar_remove() returns table (id uuid) language plpgsql as $$
begin
	delete from public.user_avatars a where a.user_id = public.fl_user();
	perform public.avatar_set(public.fl_user(), null);
	return query select public.fl_user();
end
$$;
select fl_definer_function('avatar_remove()');

create function avatar_show(p_key text) returns table (image bytea) language sql stable as $$
	select a.image from public.users u join public.user_avatars a on a.user_id = u.id where u.avatar = p_key and a.image is not null
$$;
select fl_definer_function('avatar_show(text)');

create function avatar_state() returns table (avatar text, name text, waits boolean, reason text) language sql stable as $$
	select u.avatar, u.name, coalesce(a.state = 'waits', false), a.reason from public.users u left join public.user_avatars a on a.user_id = u.id where u.id = public.fl_user()
$$;
select fl_definer_function('avatar_state()');

-- As in 100; the picture goes into the archive of a person.
create or replace function privacy_omitted(p_table text) returns text[] language sql stable as $$
	select coalesce(array_agg(a.attname::text order by a.attnum), '{}') from pg_attribute a
	where a.attrelid = ('public.' || quote_ident(p_table))::regclass and a.attnum > 0 and not a.attisdropped
		and (format_type(a.atttypid, null) = 'tsvector'
			or (format_type(a.atttypid, null) = 'bytea' and (p_table, a.attname::text) not in (('mail_raw', 'raw'), ('audit_seals', 'hash'), ('learner_models', 'bytes'),
				('user_avatars', 'image')))
			or (p_table, a.attname::text) in (('users', 'password_hash'), ('account_tokens', 'data'), ('idempotency', 'result'), ('principals', 'rights')))
$$;
