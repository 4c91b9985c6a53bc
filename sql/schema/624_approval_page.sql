-- The proposal shown beside a page of approvals: the chosen one, else the first of the page.
create function approval_at(p_id uuid, p_after text) returns uuid language plpgsql stable as $$
begin
	if p_id is not null then
		return p_id;
	end if;
	return (select d.id from agent_decisions d join intake_requests r on r.org_id = d.org_id and r.id = d.intake_id
		where d.org_id = fl_org() and d.state = 'PENDING_APPROVAL' and (p_after is null or (r.due_at, d.id) > (split_part(p_after, '~', 1)::timestamptz, split_part(p_after, '~', 2)::uuid))
		order by r.due_at, d.id limit 1);
end
$$;
