-- Files of requests stand under what a person may see of the requests (117_scope.sql).
select fl_scope_table('intake_files', 'public.intake_open(intake_id)');
