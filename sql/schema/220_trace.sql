-- The trace of a job's cause (OBS-10, W3C Trace Context): set by a request that came with one and by a job that has one, for the transaction.
alter table jobs add trace_id text default nullif(current_setting('app.trace_id', true), '') check (length(trace_id) = 32);
