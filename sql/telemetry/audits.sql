-- What audits have read of each table, and how old the oldest reading is. A day that was never read counts from its end.
SELECT p.database_name, p.table_name,
       UNIX_TIMESTAMP(MAX(a.audited_at)) AS last_at, COUNT(a.day) AS days, COALESCE(SUM(a.bytes_read), 0) AS bytes,
       COALESCE(SUM(IF(a.day IS NULL, 0, 1 + 2 * (SELECT COUNT(*) FROM {{ledger}}.parts q
         WHERE q.database_name = p.database_name AND q.table_name = p.table_name AND q.day = p.day))), 0) AS objects,
       UNIX_TIMESTAMP(CURRENT_TIMESTAMP(6))
         - MIN(UNIX_TIMESTAMP(COALESCE(a.audited_at, CAST(p.day AS DATE) + INTERVAL 1 DAY))) AS oldest_seconds
FROM {{ledger}}.partitions p
LEFT JOIN {{ledger}}.audits a ON a.database_name = p.database_name AND a.table_name = p.table_name AND a.day = p.day
WHERE p.state IN ('archived', 'purging', 'purged') AND p.day <> '0000-00-00'
GROUP BY p.database_name, p.table_name
