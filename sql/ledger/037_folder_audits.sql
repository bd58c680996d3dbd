-- What the last look at a table's folders in S3 found, beside the days that were read back.
CREATE TABLE IF NOT EXISTS {{ledger}}.folder_audits (
  database_name   VARCHAR(64)     NOT NULL,
  table_name      VARCHAR(64)     NOT NULL,
  unnamed         BIGINT UNSIGNED NOT NULL,
  doubled         BIGINT UNSIGNED NOT NULL,
  missing         BIGINT UNSIGNED NOT NULL,
  changed         BIGINT UNSIGNED NOT NULL,
  half_uploaded   BIGINT UNSIGNED NOT NULL,
  -- Rules of the bucket that refuse a purge, such as one that would expire the archive.
  bucket_refused  BIGINT UNSIGNED NOT NULL,
  -- Days that the catalogue lacks or has otherwise, the table itself counted as one; 0 where the config names no catalogue.
  catalog_behind  BIGINT UNSIGNED NOT NULL,
  looked_at       TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (database_name, table_name)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
