-- name: task_of_intake
-- why: what has to be done about a request
-- in: id uuid
-- out: id uuid, title text, status text, priority int, assignee text, due_at timestamptz, created_at timestamptz
select t.id, t.title, t.status, t.priority::bigint as priority, m.name as assignee, t.due_at, t.created_at
from tasks t left join memberships m on m.org_id = t.org_id and m.user_id = t.assignee_id
where t.org_id = (select fl_org()) and t.intake_id = $1 order by t.id
