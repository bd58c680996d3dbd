-- When each archived day was last read back, and what was found.
CREATE TABLE IF NOT EXISTS {{ledger}}.audits (
  database_name VARCHAR(64)     NOT NULL,
  table_name    VARCHAR(64)     NOT NULL,
  day           CHAR(10)        NOT NULL,
  audited_at    TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  rows_read     BIGINT UNSIGNED NOT NULL,
  bytes_read    BIGINT UNSIGNED NOT NULL,
  finding       TEXT            NULL,
  PRIMARY KEY (database_name, table_name, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
