-- What ties this ledger to the archive: the same word stands in S3, beside _sediment.json. It goes with the data through a
-- failover, and is replaced again and again, so that a copy of the ledger soon has an old one.
CREATE TABLE IF NOT EXISTS {{ledger}}.claim (
  only    TINYINT UNSIGNED NOT NULL DEFAULT 1,
  word    CHAR(36)         NULL,
  -- The one that is about to be written into S3: where a worker dies between the two, either is the ledger's own.
  pending CHAR(36)         NULL,
  PRIMARY KEY (only)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
