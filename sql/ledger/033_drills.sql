-- The last drill of a table: a day of it, chosen by chance, restored into a schema of its own, proved and dropped.
CREATE TABLE IF NOT EXISTS {{ledger}}.drills (
  database_name VARCHAR(64)     NOT NULL,
  table_name    VARCHAR(64)     NOT NULL,
  day           CHAR(10)        NOT NULL,
  rows_restored BIGINT UNSIGNED NOT NULL,
  bytes_read    BIGINT UNSIGNED NOT NULL,
  seconds       DOUBLE          NOT NULL,
  -- Why the day couldn't be restored; NULL where each chunk of it was proved.
  finding       TEXT            NULL,
  drilled_at    TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (database_name, table_name)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
