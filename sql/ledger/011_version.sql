-- The version of these tables. A Sediment that knows only older versions refuses to use them.
CREATE TABLE IF NOT EXISTS {{ledger}}.ledger_version (
  only    TINYINT UNSIGNED NOT NULL DEFAULT 1,
  version INT UNSIGNED     NOT NULL,
  PRIMARY KEY (only)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
