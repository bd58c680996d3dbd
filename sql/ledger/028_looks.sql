-- When a daily run last looked at a table and opened it. Before that, nothing says what is due in it.
CREATE TABLE IF NOT EXISTS {{ledger}}.looks (
  database_name VARCHAR(64)     NOT NULL,
  table_name    VARCHAR(64)     NOT NULL,
  looked_at     TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  -- Closed days without an archive that it found.
  missing_days  BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (database_name, table_name)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
