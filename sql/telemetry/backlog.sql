SELECT database_name, table_name, day, CAST(rows_archived AS SIGNED) - CAST(rows_deleted AS SIGNED) AS rows_left
FROM {{ledger}}.partitions
WHERE state IN ('archived', 'purging') AND day < ? AND day <> '0000-00-00'
