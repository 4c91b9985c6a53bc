-- name: draft_begin
-- why: a person asks for the draft of a reply
-- effect
-- in: id uuid, text text
-- out: id uuid, draft_id uuid
select * from draft_begin($1, $2)

-- name: draft_forget
-- why: a draft is not wanted
-- effect
-- in: id uuid
-- out: id uuid
select * from draft_forget($1)

-- name: draft_of_intake
-- why: my draft of a reply to a request, until I answered
-- in: id uuid
-- out: id uuid, status text, text text, note text, model text, ready bool
select d.id, d.status, coalesce(nullif(d.body, ''), d.question), d.note, d.model, d.status = 'DONE'
from (select 1) one left join reply_drafts d on d.org_id = (select fl_org()) and d.intake_id = $1 and d.user_id is not distinct from (select fl_user())
	and not exists (select from intake_messages m where m.org_id = d.org_id and m.intake_id = d.intake_id and m.direction = 'out' and m.author_id is not distinct from d.user_id and m.created_at > d.created_at)

-- name: draft_sources
-- why: the passages it was given
-- in: id uuid
-- out: n int, document_id uuid, name text, page int, from_char int, to_char int
select s.n::bigint, s.document_id, s.name, s.page::bigint, s.from_char::bigint, s.to_char::bigint
from reply_drafts d join reply_draft_sources s on s.org_id = d.org_id and s.draft_id = d.id
where d.org_id = (select fl_org()) and d.intake_id = $1 and d.user_id is not distinct from (select fl_user()) order by s.n

-- name: draft_load
-- why: what the job that writes it is told besides the passages
-- in: draft_id uuid
-- out: subject text, requester text, locale text, asked text, said text, wish text, author text, org text, reserved bool, hide text
select l.*, llm_hidden() from draft_load($1) l

-- name: draft_written
-- why: keeps a draft with its sources
-- in: draft_id uuid, status text, body text, note text, model text, sources jsonb
select draft_written($1, $2, $3, $4, $5, $6)
