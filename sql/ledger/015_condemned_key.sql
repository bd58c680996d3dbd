-- Keys of S3 have up to 1,024 bytes of UTF-8.
ALTER TABLE {{ledger}}.condemned ROW_FORMAT = DYNAMIC,
  MODIFY object_key VARBINARY(1024) NOT NULL
