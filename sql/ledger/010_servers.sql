-- The servers that this ledger was written on: the first one, and those that were accepted after a promotion or a restore.
CREATE TABLE IF NOT EXISTS {{ledger}}.servers (
  server_id   VARCHAR(255) NOT NULL,
  owner       VARCHAR(128) NOT NULL,
  reason      VARCHAR(512) NOT NULL,
  accepted_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (server_id)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
