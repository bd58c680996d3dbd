SELECT p.database_name, p.table_name,
       SUM(JSON_EXTRACT(p.body, '$.uncompressedBytes')
           * (CAST(d.rows_archived AS SIGNED) - CAST(d.rows_deleted AS SIGNED)) / d.rows_archived) AS bytes
FROM {{ledger}}.partitions d
JOIN {{ledger}}.parts p ON p.database_name = d.database_name AND p.table_name = d.table_name AND p.day = d.day
WHERE {{folded}} AND d.state = 'archived' AND d.rows_archived > 0
GROUP BY p.database_name, p.table_name
