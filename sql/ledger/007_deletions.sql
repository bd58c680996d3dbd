CREATE TABLE IF NOT EXISTS {{ledger}}.deletions (
  database_name VARCHAR(64)     NOT NULL,
  table_name    VARCHAR(64)     NOT NULL,
  utc_day       DATE            NOT NULL,
  deleted       BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (database_name, table_name, utc_day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
