-- A form on somebody else's site has no one-time token, so a double click there was two requests (INT-16). Its words are its key: the same ones from the
-- same address, to the same form, are one request for two minutes; after that they may be meant. p_key is made of all of that.
create function fl_claim_words(p_route text, p_key bytea, p_body bytea) returns void language plpgsql as $$
begin
	delete from public.idempotency i where i.org_id = public.fl_org() and i.route = p_route and i.key_hash = p_key and i.created_at < now() - interval '2 minutes';
	perform public.fl_claim(p_route, p_key, p_body);
end
$$;
select fl_definer_function('fl_claim_words(text, bytea, bytea)');
