-- Objects that a heal has replaced and a purge may have relied on: they move below _superseded/, and are never condemned.
CREATE TABLE IF NOT EXISTS {{ledger}}.superseded (
  object_key    VARCHAR(700) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version_id    VARCHAR(255) NULL,
  superseded_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  moved_at      TIMESTAMP(6) NULL,
  PRIMARY KEY (object_key)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
