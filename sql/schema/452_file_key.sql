-- Under which name content lies in the store (S3): HASH, or HASH-N after it was removed N times. A name that was once given up is never written again, so a removal that takes
-- effect late, after the same content came in once more, hits nothing.
create table file_keys (
	org_id uuid not null references organizations,
	hash text not null check (hash ~ '^[0-9a-f]{64}$'),
	n int not null,              -- the name that counts
	gone int not null default 0, -- those before this one are known to be removed
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	primary key (org_id, hash)
);
select fl_tenant_table('file_keys');

create function file_key(p_hash text) returns text language plpgsql stable as $$
begin
	return p_hash || coalesce('-' || (select k.n from file_keys k where k.org_id = fl_org() and k.hash = p_hash), '');
end
$$;

-- Of these contents those that no row names; in a store each gets its next name, those from `first` to `last` are to be removed.
create function file_give_up(p_hashes jsonb, p_store boolean) returns table (hash text, first bigint, last bigint) language plpgsql as $$
#variable_conflict use_column
declare
	v_hash text;
begin
	for v_hash in select h from jsonb_array_elements_text(p_hashes) h where not exists (select from documents d where d.org_id = fl_org() and d.hash = h)
			and not exists (select from documents d where d.org_id = fl_org() and d.archive = h) and not exists (select from document_pages g where g.org_id = fl_org() and g.image = h) loop
		if not p_store then
			return query select v_hash, 0::bigint, -1::bigint;
		else
			return query insert into file_keys as k (org_id, hash, n) values (fl_org(), v_hash, 1) on conflict (org_id, hash) do update set n = k.n + 1, updated_at = now()
				returning v_hash, k.gone::bigint, k.n::bigint - 1;
		end if;
	end loop;
end
$$;

-- p_gone: {"HASH": the first name that was not removed, ...}
create function file_given_up(p_gone jsonb) returns void language plpgsql as $$
begin
	update file_keys k set gone = greatest(k.gone, g.value::int), updated_at = now() from jsonb_each_text(p_gone) g where k.org_id = fl_org() and k.hash = g.key;
end
$$;

-- What is on its way into the store stays here as long as an upload of the same content may be under way. p_put: the names that were written.
create function document_store_again(p_id uuid, p_put jsonb) returns void language plpgsql as $$
begin
	perform fl_enqueue('document-processing', 'document.store', jsonb_build_object('document_id', p_id, 'put', p_put), 8, now() + interval '75 minutes');
end
$$;
