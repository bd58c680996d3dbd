-- The numbered files of this folder that were run here. Without finished_at, the worker still runs it, or died.
CREATE TABLE IF NOT EXISTS {{ledger}}.migrations (
  number      INT UNSIGNED NOT NULL,
  name        VARCHAR(64)  NOT NULL,
  -- SHA-256 of the statement without its comments.
  checksum    CHAR(64)     NOT NULL,
  -- The version of Sediment that ran it.
  version     VARCHAR(32)  NOT NULL,
  begun_at    TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  finished_at TIMESTAMP(6) NULL,
  PRIMARY KEY (number)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
