-- `fairlead files tidy` is run by cron as the system user of the sweeps, whom nobody lets in as the owner (docs/operations.md): the sweeps' role asks which files no row names.
select fl_definer_function('document_unnamed(uuid, text[])', 'fl_owner, fl_sweep');
