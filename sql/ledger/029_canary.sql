-- A row per worker. Reading and writing it shows how long others' statements take; its count says how much work all workers
-- have under way.
CREATE TABLE IF NOT EXISTS {{ledger}}.canary (
  worker  CHAR(36)     NOT NULL,
  -- Purges and exports that this worker has under way.
  works   INT UNSIGNED NOT NULL DEFAULT 0,
  seen_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  PRIMARY KEY (worker)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
