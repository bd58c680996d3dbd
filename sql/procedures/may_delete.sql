CREATE PROCEDURE {{name}}(
  IN p_day CHAR(10) CHARACTER SET ascii, IN p_epoch BIGINT UNSIGNED,
  IN p_cursor LONGBLOB, IN p_manifest VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_rows BIGINT UNSIGNED, IN p_fingerprint CHAR(64) CHARACTER SET ascii, IN p_rules CHAR(64) CHARACTER SET ascii,
  IN p_fuse BIGINT UNSIGNED)
  SQL SECURITY INVOKER
proved_delete: BEGIN
  -- The caller's transaction continues under these locks. It proves the rows in its own way.
{{> rules/variables}}
{{> rules/may_delete}}
{{> rules/same_columns}}
  SELECT 'may' AS outcome, '' AS detail;
END
