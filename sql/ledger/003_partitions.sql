CREATE TABLE IF NOT EXISTS {{ledger}}.partitions (
  database_name    VARCHAR(64)     NOT NULL,
  table_name       VARCHAR(64)     NOT NULL,
  day              CHAR(10)        NOT NULL,
  state            VARCHAR(16)     NOT NULL,
  epoch            BIGINT UNSIGNED NOT NULL DEFAULT 0,
  salt             CHAR(32)        NOT NULL,
  window_start     VARCHAR(32)     NOT NULL,
  window_end       VARCHAR(32)     NOT NULL,
  fingerprint      CHAR(64)        NOT NULL,
  rows_archived    BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_deleted     BIGINT UNSIGNED NOT NULL DEFAULT 0,
  chunks_deleted   BIGINT UNSIGNED NOT NULL DEFAULT 0,
  proofs           BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- The set of parts that the cursor runs over. Late rows of a purged day make a further pass.
  pass             INT UNSIGNED    NOT NULL DEFAULT 1,
  cursor_json      LONGBLOB        NULL,
  revision         INT UNSIGNED    NOT NULL DEFAULT 0,
  manifest_key     VARCHAR(1024)   NULL,
  manifest_version VARCHAR(255)    NULL,
  -- Rows that heals added to the archive, changed in it and removed from it.
  rows_added       BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_changed     BIGINT UNSIGNED NOT NULL DEFAULT 0,
  rows_removed     BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- Heals one after the other without progress of the cursor. A day that keeps changing is given up.
  heals_here       INT UNSIGNED    NOT NULL DEFAULT 0,
  heal_cursor      LONGBLOB        NULL,
  -- Rows that stay in the table, because the archive has their key with other values.
  left_rows        BIGINT UNSIGNED NOT NULL DEFAULT 0,
  left_xor         CHAR(64)        NULL,
  stopped          TEXT            NULL,
  updated_at       TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (database_name, table_name, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
