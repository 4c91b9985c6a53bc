-- As in 282.

-- p_meta: reader/paper.h. A time that is none is left out.
create or replace function document_meta(p_id uuid, p_meta jsonb) returns void language plpgsql as $$
declare
	v_made timestamptz;
begin
	begin
		v_made := case when p_meta ->> 'created' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{5,15}(Z|[-+][0-9:]{5,6}))?$' then (p_meta ->> 'created')::timestamptz end;
	exception when data_exception then -- the whole class: a time zone out of range has a code of its own
		v_made := null;
	end;
	update documents d set title = left(coalesce(p_meta ->> 'title', ''), 300), author = left(coalesce(p_meta ->> 'author', ''), 300), subject = left(coalesce(p_meta ->> 'subject', ''), 300),
			keywords = left(coalesce(p_meta ->> 'keywords', ''), 300), made_at = v_made
		where d.org_id = fl_org() and d.id = p_id;
end
$$;
