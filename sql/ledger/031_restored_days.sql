-- A day in a restored table. Its chunks are numbered from number * 1000000000 on, in the table's column sediment_chunk.
CREATE TABLE IF NOT EXISTS {{ledger}}.restored_days (
  target_database VARCHAR(64)     NOT NULL,
  target_table    VARCHAR(64)     NOT NULL,
  day             CHAR(10)        NOT NULL,
  number          INT UNSIGNED    NOT NULL,
  -- The manifest's: a day that is healed afterwards is another day.
  revision        INT UNSIGNED    NOT NULL,
  rows_restored   BIGINT UNSIGNED NULL,
  bytes_read      BIGINT UNSIGNED NULL,
  -- When its last chunk was loaded and proved; until then the day is incomplete.
  restored_at     TIMESTAMP(6)    NULL,
  PRIMARY KEY (target_database, target_table, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
