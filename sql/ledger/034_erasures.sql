-- A day of a table from whose archive `sediment erase` took rows: who, why and how many, and never which.
CREATE TABLE IF NOT EXISTS {{ledger}}.erasures (
  number        BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  database_name VARCHAR(64)     NOT NULL,
  table_name    VARCHAR(64)     NOT NULL,
  day           CHAR(10)        NOT NULL,
  who           VARCHAR(128)    NOT NULL,
  reason        VARCHAR(512)    NOT NULL,
  rows_erased   BIGINT UNSIGNED NOT NULL,
  begun_at      TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  -- NULL until no object of any version has them any more.
  done_at       TIMESTAMP(6)    NULL,
  PRIMARY KEY (number),
  KEY (database_name, table_name, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
