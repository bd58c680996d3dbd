SELECT database_name, table_name, state, MIN(day) AS first, MAX(day) AS last, COUNT(*) AS days,
       SUM(rows_archived) AS rows_archived, SUM(rows_deleted) AS rows_deleted, SUM(proofs) AS proofs,
       SUM(rows_added + rows_changed + rows_removed) AS rows_healed,
       -- Bytes of CSV, before compression, whose rows are still in MySQL. Purged days have none, so their parts aren't read.
       SUM(IF(d.state = 'archived' AND d.rows_archived > 0,
         (SELECT SUM(JSON_EXTRACT(p.body, '$.uncompressedBytes')) FROM {{ledger}}.parts p
          WHERE p.database_name = d.database_name AND p.table_name = d.table_name AND p.day = d.day)
         * (CAST(d.rows_archived AS SIGNED) - CAST(d.rows_deleted AS SIGNED)) / d.rows_archived, 0)) AS bytes_left
FROM {{ledger}}.partitions d
WHERE {{summarized}}
GROUP BY database_name, table_name, state
