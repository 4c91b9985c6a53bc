-- A check of a table is parsed anew with every insert (311): the door holds an address to 500 characters.
alter table jobs drop constraint jobs_progress_url_check;
