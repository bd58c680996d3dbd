SELECT database_name, table_name, state, MIN(day) AS first, MAX(day) AS last, COUNT(*) AS days,
       SUM(rows_archived) AS rows_archived, SUM(rows_deleted) AS rows_deleted, SUM(proofs) AS proofs,
       SUM(rows_added + rows_changed + rows_removed) AS rows_healed
FROM {{ledger}}.partitions d
WHERE {{folded}}
GROUP BY database_name, table_name, state
