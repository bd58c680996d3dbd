-- A purged day whose archive is to be deleted, because its policy keeps archives for a stated time: announced, begun, done.
CREATE TABLE IF NOT EXISTS {{ledger}}.expiries (
  database_name VARCHAR(64)     NOT NULL,
  table_name    VARCHAR(64)     NOT NULL,
  day           CHAR(10)        NOT NULL,
  announced_at  TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  -- Of its rows and their chunk indexes in S3; of the versions that were read, not of what heals had replaced.
  bytes_stored  BIGINT UNSIGNED NOT NULL,
  rows_stored   BIGINT UNSIGNED NOT NULL,
  -- Whose command, or which release by the audit's schedule; NULL before it is begun.
  who           VARCHAR(128)    NULL,
  begun_at      TIMESTAMP(6)    NULL,
  -- Versions of objects that were deleted so far.
  versions      BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- NULL until no version of any object of the day is left.
  done_at       TIMESTAMP(6)    NULL,
  PRIMARY KEY (database_name, table_name, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
