-- What a file says of itself (DOC-12): title, author, subject, keywords (its categories) and when it was made.

alter table documents add column title text not null default '', add column author text not null default '', add column subject text not null default '',
	add column keywords text not null default '', add column made_at timestamptz;

-- p_meta: reader/paper.h. A time that is none is left out.
create function document_meta(p_id uuid, p_meta jsonb) returns void language plpgsql as $$
declare
	v_made timestamptz;
begin
	begin
		v_made := case when p_meta ->> 'created' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{5,15}(Z|[-+][0-9:]{5,6}))?$' then (p_meta ->> 'created')::timestamptz end;
	exception when datetime_field_overflow or invalid_datetime_format then
		v_made := null;
	end;
	update documents d set title = left(coalesce(p_meta ->> 'title', ''), 300), author = left(coalesce(p_meta ->> 'author', ''), 300), subject = left(coalesce(p_meta ->> 'subject', ''), 300),
			keywords = left(coalesce(p_meta ->> 'keywords', ''), 300), made_at = v_made
		where d.org_id = fl_org() and d.id = p_id;
end
$$;
