-- Days whose window a person accepted. It begins where the day before ended, and today's policy or column would put it
-- elsewhere.
CREATE TABLE IF NOT EXISTS {{ledger}}.accepted_windows (
  database_name VARCHAR(64)  NOT NULL,
  table_name    VARCHAR(64)  NOT NULL,
  day           CHAR(10)     NOT NULL,
  owner         VARCHAR(128) NOT NULL,
  reason        VARCHAR(512) NOT NULL,
  accepted_at   TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (database_name, table_name, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
