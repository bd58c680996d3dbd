SELECT t.database_name, t.table_name, t.first_day,
       -- Earlier days, and the rows without a day, are no days of the span that begins with the first one.
       COALESCE(SUM(p.state IN ('archived', 'purging', 'purged', 'expired') AND p.day >= t.first_day), 0) AS archived_days,
       MAX(IF(p.state IN ('archived', 'purging', 'purged') AND p.day <> '0000-00-00', p.day, NULL)) AS last_day,
       COALESCE(SUM(p.rows_archived), 0) AS rows_archived,
       COALESCE(SUM(p.rows_deleted), 0) AS rows_deleted,
       COALESCE(SUM(p.stopped IS NOT NULL), 0) AS stopped_days,
       (SELECT COUNT(a.finding) FROM {{ledger}}.audits a
        WHERE a.database_name = t.database_name AND a.table_name = t.table_name) AS damaged_days
FROM {{ledger}}.tables t
LEFT JOIN {{ledger}}.partitions p ON p.database_name = t.database_name AND p.table_name = t.table_name
GROUP BY t.database_name, t.table_name, t.first_day
