SELECT t.database_name, t.table_name, t.servo, IFNULL(d.deleted, 0) AS deleted_today
FROM {{ledger}}.tables t
LEFT JOIN {{ledger}}.deletions d
  ON d.database_name = t.database_name AND d.table_name = t.table_name AND d.utc_day = UTC_DATE()
