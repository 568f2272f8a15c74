-- CreateTable
CREATE TABLE "webhook" (
    "id" UUID NOT NULL,
    "book" TEXT NOT NULL,
    "subscriber" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "cursor" TEXT,
    "seen" INTEGER NOT NULL DEFAULT -1,
    "state" TEXT NOT NULL,
    "reason" TEXT,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failingSince" TIMESTAMPTZ(3),
    "lastError" TEXT,
    "nextAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lease" UUID,
    "leasedUntil" TIMESTAMPTZ(3),
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deliveredAt" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_delivery" (
    "id" UUID NOT NULL,
    "webhook" UUID NOT NULL,
    "after" TEXT,
    "cursor" TEXT NOT NULL,
    "items" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "status" INTEGER,
    "error" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attemptedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "webhook_state_nextAt_idx" ON "webhook"("state", "nextAt");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_book_subscriber_url_key" ON "webhook"("book", "subscriber", "url");

-- CreateIndex
CREATE INDEX "webhook_delivery_webhook_createdAt_idx" ON "webhook_delivery"("webhook", "createdAt");
