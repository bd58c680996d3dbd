-- A row of each worker. What others feel is measured by reading and writing it, and the works of all workers are counted by it.
CREATE TABLE IF NOT EXISTS {{ledger}}.canary (
  worker  CHAR(36)     NOT NULL,
  -- Purges and exports that this worker has under way.
  works   INT UNSIGNED NOT NULL DEFAULT 0,
  seen_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  PRIMARY KEY (worker)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
