-- 711 replaced it, and with that it ran with the rights of who asks: searches went by the policies of every row again and left their indexes (docs/architecture.md).
select fl_definer_function('passage_find(text, jsonb, jsonb, bigint)');
