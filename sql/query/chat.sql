-- name: chat_list
-- why: my conversations, latest first
-- in: after text, limit int
-- out: id uuid, title text, turns int, narrow bool, updated_at timestamptz, cursor text
select c.id, c.title, (select count(*) from chat_turns t where t.org_id = c.org_id and t.conversation_id = c.id), c.narrow, c.updated_at,
	extract(epoch from c.updated_at)::numeric::text || '~' || c.id
from conversations c where c.org_id = (select fl_org()) and chat_mine(c.user_id)
	and ($1::text is null or (extract(epoch from c.updated_at)::numeric, c.id) < (split_part($1, '~', 1)::numeric, split_part($1, '~', 2)::uuid))
order by c.updated_at desc, c.id desc limit $2

-- name: chat_chosen
-- why: the documents a question would be about
-- in: documents jsonb
-- out: id uuid, name text
select d.id, d.name from documents d join jsonb_array_elements_text(coalesce($1::jsonb, '[]')) v on d.id::text = lower(v) where d.org_id = (select fl_org()) order by d.name, d.id

-- name: chat_start
-- why: whether there is anything to ask, and who would answer
-- out: documents int, chain text
select (select count(*) from (select from documents d where d.org_id = (select fl_org()) and d.chunked_at is not null limit 1) x), (select s.chain from chat_settings s where s.org_id = (select fl_org()))

-- name: chat_show
-- why: a conversation of mine
-- in: id uuid
-- out: id uuid, title text, narrow bool, waiting bool, checking bool, created_at timestamptz
select c.id, c.title, c.narrow, exists (select from chat_turns t where t.org_id = c.org_id and t.conversation_id = c.id and t.status = 'WAITING'),
	exists (select from chat_turns t where t.org_id = c.org_id and t.conversation_id = c.id and t.check_status = 'WAITING'), c.created_at
from conversations c where c.org_id = (select fl_org()) and c.id = $1 and chat_mine(c.user_id)

-- name: chat_scope
-- why: the documents a conversation is about, when not all
-- in: id uuid
-- out: document_id uuid, name text
select d.id, d.name from conversation_documents s join documents d on d.org_id = s.org_id and d.id = s.document_id join conversations c on c.org_id = s.org_id and c.id = s.conversation_id
where s.org_id = (select fl_org()) and s.conversation_id = $1 and chat_mine(c.user_id) order by d.name, d.id

-- name: chat_turns
-- why: its questions and answers
-- in: id uuid
-- out: id uuid, n int, question text, status text, kind text, note text, answer text, dropped int, model text, latency_ms int, cost_cents float, tokens int, created_at timestamptz,
-- out: verdict text, verdict_reason text, approved bool, approvable bool, sourced bool, nearest bool, check_status text, check_model text, check_note text, checked int, stands int
select t.id, t.n::bigint, t.question, t.status, t.kind, t.note, t.answer, t.dropped::bigint, t.model, t.latency_ms, case when fl_can('cost.read') then t.cost_micro / 10000.0::float8 end,
	case when fl_can('cost.read') then t.prompt_tokens + t.completion_tokens end, t.created_at,
	t.verdict, t.verdict_reason, exists (select from approved_answers a where a.org_id = t.org_id and a.turn_id = t.id), t.kind = 'cited' and t.n = 1 and not c.narrow, coalesce(t.kind in ('cited', 'approved'), false),
	exists (select from chat_sources s where s.org_id = t.org_id and s.turn_id = t.id and not s.cited),
	t.check_status, t.check_model, t.check_note, (select count(*) from chat_checks k where k.org_id = t.org_id and k.turn_id = t.id),
	(select count(*) from chat_checks k where k.org_id = t.org_id and k.turn_id = t.id and k.verdict = 'stands')
from chat_turns t join conversations c on c.org_id = t.org_id and c.id = t.conversation_id
where t.org_id = (select fl_org()) and t.conversation_id = $1 and chat_mine(c.user_id) order by t.n

-- name: chat_parts
-- why: each answer in pieces between its citations
-- in: id uuid
-- out: turn_id uuid, text text, source int, place text, doubt text, _lead text, _said text
select t.id, p.text, s.n::bigint, t.n || '-' || s.n, (select nullif(k.verdict, 'stands') from chat_checks k where k.org_id = t.org_id and k.turn_id = t.id and k.n = p.n),
	substring(p.text from '^[[:space:].,;:]+'), regexp_replace(p.text, '^[[:space:].,;:]+', '')
from chat_turns t join conversations c on c.org_id = t.org_id and c.id = t.conversation_id cross join chat_parts(t.answer) p
	left join chat_sources s on s.org_id = t.org_id and s.turn_id = t.id and s.n = p.source
where t.org_id = (select fl_org()) and t.conversation_id = $1 and chat_mine(c.user_id) order by t.n, p.n

-- name: chat_cited
-- why: the sources an answer cites
-- in: id uuid
-- out: turn_id uuid, n int, place text, document_id uuid, name text, page int, from_char int, to_char int, quote text, quote_marks jsonb
select t.id, s.n::bigint, t.n || '-' || s.n, s.document_id, s.name, s.page::bigint, s.from_char::bigint, s.to_char::bigint, s.quote, s.quote_marks
from chat_turns t join conversations c on c.org_id = t.org_id and c.id = t.conversation_id join chat_sources s on s.org_id = t.org_id and s.turn_id = t.id and s.cited
where t.org_id = (select fl_org()) and t.conversation_id = $1 and chat_mine(c.user_id) order by t.n, s.n

-- name: chat_read
-- why: what was read besides
-- in: id uuid
-- out: turn_id uuid, n int, place text, document_id uuid, name text, page int, from_char int, to_char int, quote text, quote_marks jsonb
select t.id, s.n::bigint, t.n || '-' || s.n, s.document_id, s.name, s.page::bigint, s.from_char::bigint, s.to_char::bigint, s.quote, s.quote_marks
from chat_turns t join conversations c on c.org_id = t.org_id and c.id = t.conversation_id join chat_sources s on s.org_id = t.org_id and s.turn_id = t.id and not s.cited
where t.org_id = (select fl_org()) and t.conversation_id = $1 and chat_mine(c.user_id) order by t.n, s.n

-- name: chat_ask
-- why: a question, the first of a conversation or one more
-- effect
-- in: id uuid, question text, model text
-- out: id uuid, turn_id uuid
select c.id, c.turn_id from llm_demand($3), chat_ask($1, $2, null) c

-- name: chat_begin
-- why: the first question of a conversation
-- effect
-- in: question text, documents jsonb, model text
-- out: id uuid, turn_id uuid
select c.id, c.turn_id from llm_demand($3), chat_ask(null, $1, $2) c

-- name: chat_turn
-- why: whether an answer that is on its way is mine
-- in: id uuid
-- out: id uuid
select t.id from chat_turns t join conversations c on c.org_id = t.org_id and c.id = t.conversation_id where t.org_id = (select fl_org()) and t.id = $1 and chat_mine(c.user_id)

-- name: chat_load
-- why: what the job that answers is told besides the passages
-- in: turn_id uuid
-- out: status text, earlier text, general bool, chain text, reserved bool, passages int, hide text
select l.*, llm_hidden() from chat_load($1) l

-- name: chat_narrow
-- why: the job sees what the one who asked may see
-- out: narrowed bool, hide text
select fl_as_person() is null as narrowed, llm_hidden()

-- name: chat_found_near
-- why: the question goes on to be answered, with what lies near it in PostgreSQL
-- in: turn_id uuid, model text, dims int, generation int, vector text, documents jsonb, k int, least float
select chat_found($1, (select jsonb_agg(jsonb_build_object('id', n.id, 'score', n.score)) from pgvector_near($2, $3, $4, $5, $6, $7, $8) n))

-- name: chat_found
-- why: the question goes on to be answered, with what lies near it
-- in: turn_id uuid, near jsonb
select chat_found($1, $2)

-- name: chat_answered
-- why: keeps an answer with its sources
-- in: turn_id uuid, answer jsonb
select chat_answered($1, $2)

-- name: chat_delete
-- why: forgets a conversation
-- effect
-- in: id uuid
-- out: id uuid
select * from chat_delete($1)

-- name: chat_rules
-- why: how questions are answered here
-- out: general bool, chain text, vision bool, chunk_preset text, chunk_strategy text, hides bool, passages int, near int, turns int, check bool
select coalesce(s.general, true), s.chain, coalesce(s.vision, false), coalesce(s.chunk_preset, 'document'), coalesce(s.chunk_strategy, 'fixed'), llm_hidden() <> '',
	coalesce(s.passages, 5)::bigint, coalesce(s.near_pct, 0)::bigint, coalesce(s.turns, 5)::bigint, coalesce(s.check_answers, false)
from (select 1) one left join chat_settings s on s.org_id = (select fl_org())

-- name: chat_set
-- why: changes how questions are answered
-- effect
-- in: general bool, chain text, vision bool, preset text, strategy text, passages text, near text, turns text, check bool
-- out: general bool
select * from chat_set(coalesce($1, false), $2, coalesce($3, false), $4, $5, $6::int, $7::int, $8::int, coalesce($9, false))

-- name: chat_judge
-- why: what somebody says of an answer
-- effect
-- in: id uuid, verdict text, reason text
-- out: id uuid, conversation_id uuid, n int
select * from chat_judge($1, $2, $3)

-- name: chat_approve
-- why: keeps an answer to be given again
-- effect
-- in: id uuid
-- out: id uuid, conversation_id uuid, n int
select * from chat_approve($1)

-- name: chat_kept
-- why: an answer of mine that can be kept as a file
-- in: id uuid
-- out: question text, answer text
select t.question, t.answer from chat_turn_mine($1) t where t.status = 'DONE' and t.answer <> '' and t.kind <> 'stopped'

-- name: chat_kept_sources
-- why: what it cites
-- in: id uuid
-- out: n int, name text, page int, quote text
select s.n::bigint, s.name, s.page::bigint, s.quote from chat_sources s where s.org_id = (select fl_org()) and s.turn_id = $1 and s.cited order by s.n

-- name: generated_asset_keep
-- why: keeps the file that was made of it
-- in: id uuid, name text, type text, size int, hash text, status text, reason text, scan text, quota_mb int
-- out: id uuid, version int
select * from generated_asset_keep($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: chat_stop
-- why: a question is taken back
-- effect
-- in: id uuid
-- out: id uuid, conversation_id uuid
select * from chat_stop($1)

-- name: chat_approved_list
-- why: answers that are given again
-- out: id uuid, conversation_id uuid, question text, by text, created_at timestamptz
select a.id, t.conversation_id, a.question, m.name, a.updated_at from approved_answers a join chat_turns t on t.org_id = a.org_id and t.id = a.turn_id
left join memberships m on m.org_id = a.org_id and m.user_id = a.user_id where a.org_id = (select fl_org()) order by a.id desc limit 200

-- name: chat_approved_drop
-- why: an answer is not given again
-- effect
-- in: id uuid
-- out: id uuid
select * from chat_approved_drop($1)

-- name: chat_judged
-- why: how answers of the last 90 days were judged
-- out: answers int, good int, bad int, wrong int, incomplete int, source int, checked int, doubted int
select count(*), count(*) filter (where t.verdict = 'good'), count(*) filter (where t.verdict = 'bad'), count(*) filter (where t.verdict_reason = 'wrong'),
	count(*) filter (where t.verdict_reason = 'incomplete'), count(*) filter (where t.verdict_reason = 'source'), count(*) filter (where t.check_status = 'DONE'),
	count(*) filter (where t.check_status = 'DONE' and exists (select from chat_checks k where k.org_id = t.org_id and k.turn_id = t.id and k.verdict <> 'stands'))
from chat_turns t where t.org_id = (select fl_org()) and t.created_at > now() - interval '90 days' and t.status = 'DONE'

-- name: chat_check_later
-- why: an answer is to be looked at by a second model, where the organisation wants it
-- in: turn_id uuid
select chat_check_later($1)

-- name: chat_check_load
-- why: what the job that looks at an answer is told
-- in: turn_id uuid
-- out: question text, reserved bool, hide text
select l.*, llm_hidden() from chat_check_load($1) l

-- name: chat_check_statements
-- why: what an answer states, and which of its sources each statement cites
-- in: turn_id uuid
-- out: n int, body text, sources text
select s.n, s.body, array_to_string(s.sources, ', ') from chat_turns t cross join chat_statements(t.answer) s where t.org_id = (select fl_org()) and t.id = $1 order by s.n

-- name: chat_check_passages
-- why: the passages it cites, as they stand now
-- in: turn_id uuid
-- out: n int, body text
select s.n::bigint, coalesce(c.body, substr(p.body, greatest(s.from_char - 599, 1), s.to_char - s.from_char + 1200))
from chat_sources s join document_pages p on p.org_id = s.org_id and p.document_id = s.document_id and p.page = s.page join documents d on d.org_id = s.org_id and d.id = s.document_id
	left join lateral (select x.body from chunks x where x.org_id = s.org_id and x.document_id = s.document_id and x.page = s.page and x.from_char <= s.from_char and x.to_char >= s.to_char
		order by x.from_char limit 1) c on true
where s.org_id = (select fl_org()) and s.turn_id = $1 and s.cited order by s.n

-- name: chat_checked
-- why: keeps what the second model said
-- in: turn_id uuid, note text, model text, said jsonb, used jsonb
select chat_checked($1, $2, $3, $4, $5)

-- name: chat_doubts
-- why: statements of answers that do not stand on what they cite
-- in: id uuid
-- out: turn_id uuid, body text, doubt text, why text
select k.turn_id, s.body, k.verdict, nullif(k.why, '')
from chat_checks k join chat_turns t on t.org_id = k.org_id and t.id = k.turn_id join conversations c on c.org_id = t.org_id and c.id = t.conversation_id join lateral chat_statements(t.answer) s on s.n = k.n
where k.org_id = (select fl_org()) and t.conversation_id = $1 and chat_mine(c.user_id) and k.verdict <> 'stands' order by t.n, k.n
