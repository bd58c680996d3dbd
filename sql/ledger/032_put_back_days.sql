-- A day whose archived rows `sediment restore --live` puts back into its table. Until `kept_until` no purge and no heal opens the day.
CREATE TABLE IF NOT EXISTS {{ledger}}.put_back_days (
  database_name  VARCHAR(64)     NOT NULL,
  table_name     VARCHAR(64)     NOT NULL,
  day            CHAR(10)        NOT NULL,
  -- Of the run that asked last: a run goes on with its own days and begins those of another again.
  request        VARCHAR(128)    NOT NULL,
  -- The manifest's: its chunks are counted by next_chunk.
  revision       INT UNSIGNED    NOT NULL,
  -- The condition of --where; empty for all rows.
  filter         TEXT            NOT NULL,
  -- How far it is: the next chunk, and the next of its rows that meet the condition.
  next_chunk     INT UNSIGNED    NOT NULL DEFAULT 0,
  next_row       INT UNSIGNED    NOT NULL DEFAULT 0,
  rows_inserted  BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- Rows whose key was in the table: with the archived values, and with others.
  rows_there     BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_differing BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- JSON: the first keys of those that differ
  examples       LONGTEXT        NOT NULL,
  kept_until     DATETIME(6)     NOT NULL,
  who            VARCHAR(128)    NOT NULL,
  reason         VARCHAR(512)    NOT NULL,
  -- NULL until its last chunk was looked at.
  done_at        TIMESTAMP(6)    NULL,
  PRIMARY KEY (database_name, table_name, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
