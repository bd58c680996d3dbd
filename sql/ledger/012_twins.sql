-- Native partitions that are being exchanged. The intent is recorded before the exchange, so that no row is lost.
CREATE TABLE IF NOT EXISTS {{ledger}}.twins (
  twin             VARCHAR(64)     NOT NULL,
  database_name    VARCHAR(64)     NOT NULL,
  table_name       VARCHAR(64)     NOT NULL,
  day              CHAR(10)        NOT NULL,
  native_partition VARCHAR(64)     NOT NULL,
  epoch            BIGINT UNSIGNED NOT NULL,
  -- intended: the rows belong to the table. accounted: they are counted as deleted, and the exchange table must be dropped.
  state            VARCHAR(16)     NOT NULL,
  created_at       TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (twin),
  KEY (database_name, table_name, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
