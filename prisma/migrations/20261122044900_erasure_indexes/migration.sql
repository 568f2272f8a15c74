-- What an erasure looks for, see api/store/erasure.ts: few rows of many.
CREATE INDEX "record_erased_idx" ON "record" ("book", "id") WHERE "erased";
CREATE INDEX "request_changes_idx" ON "request" ("book") WHERE "changes" IS NOT NULL;
CREATE INDEX "request_token_idx" ON "request" ("book")
  WHERE "token" IS NOT NULL AND "state" IN ('PENDING', 'REFUSED', 'REJECTED');
