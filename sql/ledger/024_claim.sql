-- What ties this ledger to the archive: S3 has the same random word, in _server.json. The word goes with the data through a
-- failover. It is replaced often, so a copy of the ledger soon has an old one.
CREATE TABLE IF NOT EXISTS {{ledger}}.claim (
  only    TINYINT UNSIGNED NOT NULL DEFAULT 1,
  word    CHAR(36)         NULL,
  -- The word that is about to be written into S3. If a worker dies between the two writes, either word is this ledger's.
  pending CHAR(36)         NULL,
  PRIMARY KEY (only)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
