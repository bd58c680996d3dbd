-- Keys and version ids of S3 have up to 1,024 bytes of UTF-8.
ALTER TABLE {{ledger}}.superseded ROW_FORMAT = DYNAMIC,
  MODIFY object_key VARBINARY(1024) NOT NULL,
  MODIFY version_id VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
