-- search_intake reads for its organisation under rights of its own; 830 replaced it and said nothing of them.
select fl_definer_function('search_intake(text, uuid, bigint)');
