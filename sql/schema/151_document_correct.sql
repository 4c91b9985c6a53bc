-- What people say stands on a page (DOC-09, DOC-10): a word put right keeps its box, its old text stays in the history, full text and passages follow. A page
-- somebody has gone over whole is ground truth: how many of its characters were read wrong is known then.

create table document_corrections (
	org_id uuid not null references organizations,
	id uuid not null default fl_uuid(),
	document_id uuid not null,
	page int not null,
	word int not null check (word > 0),
	old_text text not null,
	new_text text not null,
	sure int not null, -- how sure the reader was, 0 to 100
	user_id uuid,
	created_at timestamptz not null default now(),
	primary key (org_id, id),
	foreign key (org_id, document_id) references documents on delete cascade
);
create index document_corrections_document on document_corrections (org_id, document_id, page);
select fl_tenant_table('document_corrections', 'select, insert, delete');

-- A page somebody went over. Its corrections until then are those made since it was read.
create table document_checks (
	org_id uuid not null references organizations,
	document_id uuid not null,
	page int not null,
	characters int not null,
	wrong int not null,
	source text not null,
	user_id uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, document_id, page),
	foreign key (org_id, document_id) references documents on delete cascade
);
select fl_tenant_table('document_checks');

-- Characters put in, taken out or exchanged (Levenshtein 1966).
create function document_distance(p_a text, p_b text) returns int language plpgsql immutable parallel safe as $$
declare
	v_before int[] := array(select generate_series(0, length(p_b)));
	v_row int[];
begin
	for i in 1 .. length(p_a) loop
		v_row := array[i];
		for j in 1 .. length(p_b) loop
			v_row := v_row || least(v_row[j] + 1, v_before[j + 1] + 1, v_before[j] + (substr(p_a, i, 1) <> substr(p_b, j, 1))::int);
		end loop;
		v_before := v_row;
	end loop;
	return v_before[length(p_b) + 1];
end
$$;

-- The page is right now: what was wrong is what was corrected since it was read, each word from what was read to what stands there now.
create function document_check(p_id uuid, p_page bigint) returns table (id uuid, page bigint) language plpgsql as $$
#variable_conflict use_column
declare
	g document_pages;
begin
	select * into g from document_pages x where x.org_id = fl_org() and x.document_id = p_id and x.page = p_page;
	if not found then
		return;
	end if;
	insert into document_checks as c (org_id, document_id, page, characters, wrong, source, user_id)
		values (fl_org(), p_id, p_page, length(regexp_replace(g.body, '\s', '', 'g')), coalesce((select sum(document_distance(w.words[1], w.words[2]))
			from (select array[(array_agg(x.old_text order by x.id))[1], (array_agg(x.new_text order by x.id desc))[1]] as words from document_corrections x
				where x.org_id = fl_org() and x.document_id = p_id and x.page = p_page and x.created_at >= g.created_at group by x.word) w), 0), g.source, fl_user())
		on conflict (org_id, document_id, page) do update set characters = excluded.characters, wrong = excluded.wrong, source = excluded.source,
			user_id = excluded.user_id, updated_at = now();
	perform fl_audit('document.check', 'document', p_id, jsonb_build_object('page', p_page));
	return query select p_id, p_page;
end
$$;

-- How well pages were read, by the form their document came through and the month they were gone over.
create function document_quality() returns table (form text, month date, pages bigint, characters bigint, wrong bigint, share float8) language plpgsql stable as $$
begin
	return query select x.form, x.month, count(*), sum(x.characters)::bigint, sum(x.wrong)::bigint, sum(x.wrong)::float8 / nullif(sum(x.characters), 0)
		from (select date_trunc('month', c.created_at)::date as month, c.characters, c.wrong, coalesce((select min(f.name) from intake_files i
					join intake_requests r on r.org_id = i.org_id and r.id = i.intake_id join intake_forms f on f.org_id = r.org_id and f.id = r.form_id
					where i.org_id = c.org_id and i.document_id = c.document_id), '') as form
				from document_checks c where c.org_id = fl_org() and c.source = 'ocr') x
		group by x.form, x.month order by x.month desc, x.form limit 200;
end
$$;
