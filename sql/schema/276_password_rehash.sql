-- A password whose hash is of another cost than is made today is hashed anew when it was just given; sessions stay, and nothing else of the account changes.
create function account_rehash(p_user uuid, p_old text, p_new text) returns void language sql as $$
	update public.users u set password_hash = p_new where u.id = p_user and u.password_hash = p_old
$$;
select fl_definer_function('account_rehash(uuid, text, text)');
