-- A table's columns in the order in which they were first seen, which is their order in every file.
CREATE TABLE IF NOT EXISTS {{ledger}}.columns (
  database_name VARCHAR(64)  NOT NULL,
  table_name    VARCHAR(64)  NOT NULL,
  position      INT UNSIGNED NOT NULL,
  column_name   VARCHAR(64)  NOT NULL,
  body          TEXT         NOT NULL,
  PRIMARY KEY (database_name, table_name, position),
  UNIQUE KEY (database_name, table_name, column_name)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
