-- name: sweep_reminders
-- why: reminders of the next minutes become jobs of their minute
-- out: done int
select remind_sweep() as done

-- name: remind_fire_all
-- why: reminds, once each; what an element holds tells sql/schema/811_remind_round.sql
-- in: reminders jsonb
select remind_fire_all($1)
