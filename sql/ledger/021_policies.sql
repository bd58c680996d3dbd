-- The newest policy of each table: that of the worker that started last. Workers with an older one do what both allow.
CREATE TABLE IF NOT EXISTS {{ledger}}.policies (
  database_name VARCHAR(64)  NOT NULL,
  table_name    VARCHAR(64)  NOT NULL,
  -- SHA-256 of the canonical JSON
  hash          CHAR(64)     NOT NULL,
  -- JSON
  policy        LONGTEXT     NOT NULL,
  recorded_at   TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (database_name, table_name)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
