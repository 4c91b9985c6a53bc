-- name: sweep_reminders
-- why: reminders of the next minutes become jobs of their minute
-- out: done int
select remind_sweep() as done

-- name: remind_fire
-- why: reminds, once
-- in: id uuid
select remind_fire($1)
