-- What happened, for an auditor. Rows are only ever added.
CREATE TABLE IF NOT EXISTS {{ledger}}.history (
  number        BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  happened_at   TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  -- NULL if it is about all tables.
  database_name VARCHAR(64)     NULL,
  table_name    VARCHAR(64)     NULL,
  -- NULL if it is about all days.
  day           CHAR(10)        NULL,
  event         VARCHAR(32)     NOT NULL,
  who           VARCHAR(128)    NOT NULL,
  -- JSON
  detail        LONGTEXT        NOT NULL,
  PRIMARY KEY (number),
  KEY (database_name, table_name, day, number),
  KEY (happened_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
