  SELECT fingerprint INTO v_fingerprint FROM ({{fingerprint}}) AS now_there;
  IF NOT (v_fingerprint <=> p_fingerprint) THEN
    ROLLBACK; SELECT 'schema' AS outcome, 'the columns have changed since the export' AS detail; LEAVE proved_delete;
  END IF;
