-- name: case_import
-- why: fairlead cases import: one past request with the pipeline it belonged to
-- in: org text, pipeline text, subject text, body text
-- out: known bool
select fl_case_import($1, $2, $3, $4)
