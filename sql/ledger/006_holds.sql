CREATE TABLE IF NOT EXISTS {{ledger}}.holds (
  scope      VARCHAR(261) NOT NULL,
  owner      VARCHAR(128) NOT NULL,
  reason     VARCHAR(512) NOT NULL,
  until_time DATETIME(6)  NULL,
  -- Every hold stops deletes and heals. With this flag it stops exports too.
  exports    BOOLEAN      NOT NULL DEFAULT FALSE,
  created_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (scope)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
