CREATE DATABASE IF NOT EXISTS aurora_front;
--
-- Aurora's grammar of the clause, in its fixed order (page AuroraMySQL.Integrating.SaveIntoS3, "Syntax"). Gives the
-- statement with an INTO OUTFILE below the server's own folder for temporary files, and remembers for the front what becomes of the file.
CREATE FUNCTION IF NOT EXISTS aurora_front.into_s3(p_sql LONGTEXT CHARACTER SET utf8mb4) RETURNS LONGTEXT CHARACTER SET utf8mb4
  NOT DETERMINISTIC NO SQL SQL SECURITY INVOKER
BEGIN
  DECLARE v_mark VARCHAR(64) CHARACTER SET utf8mb4 DEFAULT ' INTO OUTFILE S3 ';
  DECLARE v_at INT;
  DECLARE v_clause, v_head, v_uri, v_rest, v_file LONGTEXT CHARACTER SET utf8mb4;
  SET v_at = LOCATE(v_mark, p_sql);
  IF v_at = 0 THEN RETURN p_sql; END IF;
  -- Version 3: a role that is active only after SET ROLE (same page, "Granting privileges to save data").
  IF CURRENT_ROLE() NOT LIKE '%AWS_SELECT_S3_ACCESS%' THEN
    SIGNAL SQLSTATE '42000' SET MYSQL_ERRNO = 1227,
      MESSAGE_TEXT = 'Access denied; you need (at least one of) the SELECT INTO S3 privilege(s) for this operation';
  END IF;
  SET v_head = LEFT(p_sql, v_at - 1);
  SET v_clause = SUBSTR(p_sql, v_at + CHAR_LENGTH(v_mark));
  -- The URI is a literal that names the region; bucket and prefix follow (same page, "Specifying a path").
  IF v_clause NOT REGEXP CONCAT(
      '^''s3(-[a-z]{2}(-[a-z]+)+-[0-9])?://[a-z0-9.-]{3,63}/[^'']+''',
      '( CHARACTER SET [a-z0-9]+)?( FORMAT (CSV|TEXT)( HEADER)?)?',
      '( FIELDS( TERMINATED BY ''([^'']|'''')*'')?( (OPTIONALLY )?ENCLOSED BY ''[^'']*'')?( ESCAPED BY ''[^'']*'')?)?',
      '( LINES( STARTING BY ''[^'']*'')?( TERMINATED BY ''[^'']*'')?)?',
      '( MANIFEST (ON|OFF))?( OVERWRITE (ON|OFF))?( ENCRYPTION (ON|OFF|SSE_S3|SSE_KMS( ''[^'']+'')?))?$') THEN
    SIGNAL SQLSTATE '42000' SET MYSQL_ERRNO = 1064,
      MESSAGE_TEXT = 'You have an error in your SQL syntax; check the manual for INTO OUTFILE S3';
  END IF;
  SET v_uri = SUBSTRING_INDEX(SUBSTRING_INDEX(v_clause, '''', 2), '''', -1);
  SET v_rest = SUBSTR(v_clause, CHAR_LENGTH(v_uri) + 3);
  SET v_file = CONCAT(@@tmpdir, '/aurora-', UUID());
  SET @aurora_front_files = JSON_ARRAY_APPEND(COALESCE(@aurora_front_files, JSON_ARRAY()), '$', JSON_OBJECT(
    'uri', v_uri, 'file', v_file,
    'manifest', v_rest REGEXP ' MANIFEST ON', 'overwrite', v_rest REGEXP ' OVERWRITE ON'));
  SET v_rest = REGEXP_REPLACE(v_rest, '( MANIFEST (ON|OFF))?( OVERWRITE (ON|OFF))?( ENCRYPTION .*)?$', '');
  RETURN CONCAT(v_head, ' INTO OUTFILE ', QUOTE(v_file), v_rest);
END
--
CREATE ROLE IF NOT EXISTS AWS_SELECT_S3_ACCESS;
--
-- The local file takes FILE, and the function its own right: only who has the role active has them.
GRANT FILE ON *.* TO AWS_SELECT_S3_ACCESS;
--
GRANT SELECT, EXECUTE ON aurora_front.* TO AWS_SELECT_S3_ACCESS;
--
CREATE ROLE IF NOT EXISTS AWS_LOAD_S3_ACCESS;
--
GRANT FILE ON *.* TO AWS_LOAD_S3_ACCESS;
