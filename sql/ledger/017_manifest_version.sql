ALTER TABLE {{ledger}}.partitions
  MODIFY manifest_version VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
