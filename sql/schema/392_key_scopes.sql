-- Four acts on tasks moved from task.manage to task.do (360): the scopes of keys that had the one say both.
create function key_scopes_widen() returns void language plpgsql as $$
begin
	update public.api_keys set scopes = scopes || '{task.do}' where 'task.manage' = any (scopes) and not 'task.do' = any (scopes);
end
$$;
select fl_definer_function('key_scopes_widen()', 'fl_owner');
select key_scopes_widen(), fl_rights_refresh();
drop function key_scopes_widen();
