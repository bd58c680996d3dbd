-- What keeps a table, or a day of it, from its work until a person has looked. A row goes once the work succeeds.
CREATE TABLE IF NOT EXISTS {{ledger}}.refusals (
  database_name VARCHAR(64)  NOT NULL,
  table_name    VARCHAR(64)  NOT NULL,
  -- What was refused: plan (all of the table), archive, purge
  work          VARCHAR(16)  NOT NULL,
  -- Empty if it is about the whole table.
  day           CHAR(10)     NOT NULL,
  reason        TEXT         NOT NULL,
  -- What a person does about it, in words.
  remedy        TEXT         NULL,
  -- The command by which it goes on, as a shell takes it.
  command       TEXT         NULL,
  -- The first time that it was refused for this reason.
  since         TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  seen_at       TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (database_name, table_name, work, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
