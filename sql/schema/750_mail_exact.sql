-- A mailbox may be called desk+sales@ beside another called desk@: mail to it is its own, whichever row is found first.
create or replace function mail_receive(p_to text, p_dedupe text, p_raw bytea) returns table (org_id uuid, mail_id uuid) language plpgsql as $$
declare
	b record;
begin
	select m.org_id, m.id into b from public.mailboxes m join public.organizations o on o.id = m.org_id and o.suspended_at is null
		where m.active and m.address in (lower(p_to), lower(regexp_replace(p_to, '[+][^@]*@', '@')))
		order by m.address = lower(p_to) desc limit 1;
	if not found then
		return;
	end if;
	perform set_config('app.current_org_id', b.org_id::text, true), set_config('app.actor', 'system', true);
	return query select b.org_id, public.mail_store(b.id, p_dedupe, p_raw);
end
$$;
select fl_definer_function('mail_receive(text, text, bytea)', 'fl_app, fl_owner');
