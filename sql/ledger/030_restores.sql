-- A table that `sediment restore` made, and what it was made of. It goes when the table is gone and a restore is started again.
CREATE TABLE IF NOT EXISTS {{ledger}}.restores (
  target_database VARCHAR(64)  NOT NULL,
  target_table    VARCHAR(64)  NOT NULL,
  database_name   VARCHAR(64)  NOT NULL,
  table_name      VARCHAR(64)  NOT NULL,
  -- The condition of --where; empty for all rows.
  filter          TEXT         NOT NULL,
  -- JSON: its columns in the order of the archive's files
  columns         LONGTEXT     NOT NULL,
  created_at      TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (target_database, target_table)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
