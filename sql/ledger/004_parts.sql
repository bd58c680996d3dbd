CREATE TABLE IF NOT EXISTS {{ledger}}.parts (
  database_name VARCHAR(64)     NOT NULL,
  table_name    VARCHAR(64)     NOT NULL,
  day           CHAR(10)        NOT NULL,
  part          INT UNSIGNED    NOT NULL,
  body          LONGTEXT        NOT NULL,
  PRIMARY KEY (database_name, table_name, day, part)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
