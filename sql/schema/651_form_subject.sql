-- The subject of what a form brings is the line that asks for one, else how the long text begins. Any first line of text was taken for it: a form that asks for an order
-- number or a company after the message gave the queue a list of numbers.
create or replace function form_read(p_fields jsonb, p_values jsonb, p_form_name text, out subject text, out body text, out who text, out email text, out phone text)
	language plpgsql immutable as $$
declare
	f record;
	v text;
	v_long text := '';
	v_rest text := '';
	v_line text;
begin
	for f in select * from jsonb_to_recordset(p_fields) x(name text, label text, kind text) loop
		v := btrim(replace(coalesce(p_values ->> f.name, ''), E'\r', ''), E' \t\n');
		continue when v = '';
		if f.kind = 'long' then
			v_long := v_long || case v_long when '' then '' else E'\n\n' end || v;
		elsif f.kind = 'name' and who is null then
			who := v;
		elsif f.kind = 'email' and email is null then
			email := lower(v);
		elsif f.kind = 'phone' and phone is null then
			phone := v;
		else
			if f.kind = 'text' and f.label ~* '\m(subject|topic|title|summary|asunto|tema|t[ií]tulo|resumen)\M' then
				subject := coalesce(subject, v);
			end if;
			v_line := coalesce(v_line, case f.kind when 'text' then v end);
			v_rest := v_rest || case v_rest when '' then '' else E'\n' end || f.label || ': ' || v;
		end if;
	end loop;
	body := v_long || case when v_long <> '' and v_rest <> '' then E'\n\n' else '' end || v_rest;
	subject := coalesce(subject, nullif(btrim(split_part(v_long, E'\n', 1)), ''), v_line, p_form_name);
	-- A long first line ends at its first sentence, else at a word.
	if length(subject) > 80 then
		subject := coalesce(substring(subject from '^(.{12,79}?[.!?])\s'), substring(subject from '^(.{20,78})\s') || '…', left(subject, 79) || '…');
	end if;
end
$$;
