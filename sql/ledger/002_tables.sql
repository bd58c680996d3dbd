CREATE TABLE IF NOT EXISTS {{ledger}}.tables (
  database_name VARCHAR(64)     NOT NULL,
  table_name    VARCHAR(64)     NOT NULL,
  source_name   VARCHAR(64)     NOT NULL,
  time_column   VARCHAR(64)     NOT NULL,
  zone          VARCHAR(64)     NOT NULL,
  prefix        VARCHAR(512)    NOT NULL,
  layout        VARCHAR(8)      NOT NULL,
  first_day     CHAR(10)        NOT NULL,
  -- Rows outside every day (NULL, zero or impossible times) when a day was last committed.
  undated_rows  BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- The state of the purge's pacer, kept from slice to slice.
  servo         TEXT            NULL,
  PRIMARY KEY (database_name, table_name)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
