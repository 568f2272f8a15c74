-- CreateTable
CREATE TABLE "organisation" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT,
    "status" TEXT NOT NULL,
    "groups" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "unreachableAt" TIMESTAMPTZ(3),
    "unreachable" TEXT,

    CONSTRAINT "organisation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "client" (
    "kid" TEXT NOT NULL,
    "organisation" TEXT NOT NULL,
    "clientId" TEXT NOT NULL,
    "node" BOOLEAN NOT NULL,
    "roles" TEXT[],
    "jwk" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "client_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "invitation" (
    "codeHash" TEXT NOT NULL,
    "note" TEXT NOT NULL,
    "groups" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),
    "usedBy" TEXT,

    CONSTRAINT "invitation_pkey" PRIMARY KEY ("codeHash")
);

-- CreateTable
CREATE TABLE "used_assertion" (
    "jti" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "used_assertion_pkey" PRIMARY KEY ("jti")
);

-- CreateTable
CREATE TABLE "book" (
    "id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "authority" TEXT NOT NULL,
    "length" INTEGER NOT NULL DEFAULT 0,
    "grantsSeq" INTEGER NOT NULL DEFAULT 0,
    "slotKey" BYTEA,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "book_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "record" (
    "book" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "seq" INTEGER NOT NULL,
    "firstSeq" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "key" BYTEA,
    "eventTime" TIMESTAMPTZ(3),

    CONSTRAINT "record_pkey" PRIMARY KEY ("book","id")
);

-- CreateTable
CREATE TABLE "entry" (
    "book" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "record" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "token" TEXT NOT NULL,
    "state" TEXT,
    "disclosures" TEXT,
    "request" UUID NOT NULL,

    CONSTRAINT "entry_pkey" PRIMARY KEY ("book","seq")
);

-- CreateTable
CREATE TABLE "link" (
    "book" TEXT NOT NULL,
    "record" TEXT NOT NULL,
    "nr" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "identifier" TEXT NOT NULL,
    "field" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "quantity" TEXT,
    "uom" TEXT,

    CONSTRAINT "link_pkey" PRIMARY KEY ("book","record","nr")
);

-- CreateTable
CREATE TABLE "request" (
    "id" UUID NOT NULL,
    "book" TEXT NOT NULL,
    "requester" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "contentHash" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "changes" TEXT,
    "outcome" TEXT,
    "code" TEXT,
    "message" TEXT,
    "place" TEXT,
    "currentVersion" INTEGER,
    "reason" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "decidedAt" TIMESTAMPTZ(3),
    "decidedBy" TEXT,
    "token" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "nextAttempt" TIMESTAMPTZ(3),
    "lastError" TEXT,

    CONSTRAINT "request_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "feed" (
    "book" TEXT NOT NULL,
    "authority" TEXT NOT NULL,
    "cursor" TEXT,
    "state" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastError" TEXT,
    "lastItemAt" TIMESTAMPTZ(3),

    CONSTRAINT "feed_pkey" PRIMARY KEY ("book")
);

-- CreateTable
CREATE TABLE "acknowledgement" (
    "book" TEXT NOT NULL,
    "subscriber" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "acknowledgement_pkey" PRIMARY KEY ("book","subscriber")
);

-- CreateTable
CREATE TABLE "quarantine" (
    "id" SERIAL NOT NULL,
    "book" TEXT NOT NULL,
    "seq" INTEGER,
    "code" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "item" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quarantine_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "capture_job" (
    "id" UUID NOT NULL,
    "book" TEXT NOT NULL,
    "client" TEXT NOT NULL,
    "running" BOOLEAN NOT NULL,
    "success" BOOLEAN NOT NULL,
    "events" INTEGER NOT NULL,
    "captured" INTEGER NOT NULL DEFAULT 0,
    "errors" TEXT NOT NULL DEFAULT '[]',
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "capture_job_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "client_clientId_key" ON "client"("clientId");

-- CreateIndex
CREATE INDEX "client_organisation_idx" ON "client"("organisation");

-- CreateIndex
CREATE INDEX "used_assertion_expiresAt_idx" ON "used_assertion"("expiresAt");

-- CreateIndex
CREATE INDEX "record_book_kind_firstSeq_idx" ON "record"("book", "kind", "firstSeq");

-- CreateIndex
CREATE UNIQUE INDEX "record_book_firstSeq_key" ON "record"("book", "firstSeq");

-- CreateIndex
CREATE UNIQUE INDEX "entry_book_record_version_key" ON "entry"("book", "record", "version");

-- Its operator class, which the data model cannot say, finds what begins with an identifier too, in any collation.
CREATE INDEX "link_identifier_book_idx" ON "link"("identifier" text_pattern_ops, "book");

-- CreateIndex
CREATE UNIQUE INDEX "request_book_requester_key_key" ON "request"("book", "requester", "key");

-- CreateIndex
CREATE UNIQUE INDEX "quarantine_book_seq_code_key" ON "quarantine"("book", "seq", "code");

-- CreateIndex
CREATE INDEX "capture_job_createdAt_id_idx" ON "capture_job"("createdAt", "id");

-- Partial indexes, which the data model cannot say: few rows have what they look for.
CREATE INDEX "record_event_time" ON "record" ("book", "eventTime") WHERE "eventTime" IS NOT NULL;
CREATE INDEX "record_corrected" ON "record" ("book") WHERE "kind" = 'EVENT' AND "version" > 1;
CREATE INDEX "request_pending" ON "request" ("book", "createdAt", "id") WHERE "state" = 'PENDING';
CREATE INDEX "request_due" ON "request" ("nextAttempt") WHERE "nextAttempt" IS NOT NULL;
