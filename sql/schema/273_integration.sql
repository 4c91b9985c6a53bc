-- Sign-in with providers, as an organisation sees it: which there are, and when one of its members last came by it.
create function integration_providers() returns table (key text, label text, used_at timestamptz) language sql stable as $$
	select p.key, p.label, (select max(i.used_at) from public.user_identities i join public.memberships m on m.user_id = i.user_id and m.org_id = public.fl_org() where i.provider = p.key)
	from public.oidc_providers p where p.enabled order by p.label, p.key
$$;
select fl_definer_function('integration_providers()');
