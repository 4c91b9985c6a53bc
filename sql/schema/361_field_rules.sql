-- Fields that not everybody who may read a page is told (checklist 41): what a call to a model cost is for who answers for the desk; what a model was asked and
-- said word for word is for who may see the rules (agent.manage). The statements leave them null; tests/http/walker.py knows the fields.
select fl_grant('cost.read', 'owner admin operator'), fl_rights_refresh();
