-- CreateTable
CREATE TABLE "person" (
    "id" UUID NOT NULL,
    "name" TEXT,
    "email" TEXT,
    "password" TEXT,
    "issuer" TEXT,
    "subject" TEXT,
    "status" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastLoginAt" TIMESTAMPTZ(3),

    CONSTRAINT "person_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "role_assignment" (
    "holder" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "book" TEXT NOT NULL,

    CONSTRAINT "role_assignment_pkey" PRIMARY KEY ("holder","role","book")
);

-- CreateTable
CREATE TABLE "person_link" (
    "codeHash" TEXT NOT NULL,
    "person" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),

    CONSTRAINT "person_link_pkey" PRIMARY KEY ("codeHash")
);

-- CreateTable
CREATE TABLE "session" (
    "secretHash" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "person" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "usedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "address" TEXT NOT NULL,
    "agent" TEXT NOT NULL,

    CONSTRAINT "session_pkey" PRIMARY KEY ("secretHash")
);

-- CreateTable
CREATE TABLE "api_token" (
    "secretHash" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("secretHash")
);

-- CreateTable
CREATE TABLE "login_failure" (
    "key" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "lastAt" TIMESTAMPTZ(3) NOT NULL,
    "lockedUntil" TIMESTAMPTZ(3),

    CONSTRAINT "login_failure_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "oidc_attempt" (
    "stateHash" TEXT NOT NULL,
    "nonce" TEXT NOT NULL,
    "verifier" TEXT NOT NULL,
    "returnTo" TEXT NOT NULL,
    "link" TEXT,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oidc_attempt_pkey" PRIMARY KEY ("stateHash")
);

-- CreateTable
CREATE TABLE "access_log" (
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "who" TEXT,
    "address" TEXT,
    "action" TEXT NOT NULL,
    "object" TEXT,
    "result" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "prev" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "access_log_pkey" PRIMARY KEY ("seq")
);

-- CreateIndex
CREATE UNIQUE INDEX "person_email_key" ON "person"("email");

-- CreateIndex
CREATE UNIQUE INDEX "person_issuer_subject_key" ON "person"("issuer", "subject");

-- CreateIndex
CREATE INDEX "person_link_person_idx" ON "person_link"("person");

-- CreateIndex
CREATE UNIQUE INDEX "session_id_key" ON "session"("id");

-- CreateIndex
CREATE INDEX "session_person_idx" ON "session"("person");

-- CreateIndex
CREATE INDEX "session_expiresAt_idx" ON "session"("expiresAt");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_id_key" ON "api_token"("id");

-- CreateIndex
CREATE INDEX "login_failure_lastAt_idx" ON "login_failure"("lastAt");

-- CreateIndex
CREATE INDEX "oidc_attempt_expiresAt_idx" ON "oidc_attempt"("expiresAt");

-- CreateIndex
CREATE INDEX "access_log_who_seq_idx" ON "access_log"("who", "seq");

-- Rows are added, never changed or removed. Whoever owns the database can do away with this; the chain then shows it.
CREATE FUNCTION access_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the access log only grows';
END
$$;
CREATE TRIGGER access_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON "access_log"
  FOR EACH STATEMENT EXECUTE FUNCTION access_log_only_grows();
