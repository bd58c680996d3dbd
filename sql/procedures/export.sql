CREATE PROCEDURE {{name}}(
  IN p_day INT UNSIGNED, IN p_epoch BIGINT UNSIGNED, IN p_range INT UNSIGNED{{parameters}})
  SQL SECURITY INVOKER
export_range: BEGIN
  DECLARE v_uri VARCHAR(2048) CHARACTER SET utf8mb4;
  DECLARE v_rows, v_warnings BIGINT UNSIGNED DEFAULT 0;
  DECLARE v_unpinned VARCHAR(1024) CHARACTER SET utf8mb4 DEFAULT '';

  -- Aurora's right to write into S3 is a role, which is active after this only.
  SET ROLE ALL;
  SET v_unpinned = {{unpinned}};
  IF v_unpinned <> '' THEN
    SET v_unpinned = LEFT(CONCAT('sediment: the session is not the pinned one: ', v_unpinned), 128);
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = v_unpinned;
  END IF;
  IF p_day > 99991231 OR p_range > 999999 OR p_shape NOT BETWEEN 0 AND 3 THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'sediment: p_day is YYYYMMDD, p_range at most 999999, p_shape 0 to 3';
  END IF;
  -- Numbers are all that comes from outside: no argument can name another bucket or folder.
  SET v_uri = CONCAT({{folder}}, LPAD(p_day, 8, '0'), '/e', p_epoch, '/r', LPAD(p_range, 6, '0'), '.csv');
  -- The arguments have the columns' own types and collations, and user variables keep them.
{{bounds}}
  -- The comment is what a KILL looks for: the server's list shows a statement's first thousand characters.
  SET @sediment_statement = CONCAT(
    'SELECT /* ', {{mark}}, p_day, ' ', p_epoch, ' ', p_range, ' */ ', {{select}},
    CASE p_shape
{{shapes}}
    END,
    {{order}},
    ' INTO OUTFILE S3 ', QUOTE(v_uri), {{format}});
  PREPARE sediment_export FROM @sediment_statement;
  EXECUTE sediment_export;
  SET v_rows = ROW_COUNT(), v_warnings = @@warning_count;
  DEALLOCATE PREPARE sediment_export;
  SET @sediment_statement = NULL;
  SELECT v_uri AS uri, v_rows AS exported, v_warnings AS warnings;
END
