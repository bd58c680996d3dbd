-- Days that were begun and aren't done, and days that are stopped: a few rows.
SELECT database_name, table_name, day, state, stopped
FROM {{ledger}}.partitions
WHERE (state IN ('exporting', 'exported', 'verified', 'purging') OR stopped IS NOT NULL) AND day <> '0000-00-00'
ORDER BY database_name, table_name, day
