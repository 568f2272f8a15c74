-- CreateTable
CREATE TABLE "answer_link" (
    "codeHash" TEXT NOT NULL,
    "book" TEXT NOT NULL,
    "notice" TEXT NOT NULL,
    "reply" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),

    CONSTRAINT "answer_link_pkey" PRIMARY KEY ("codeHash")
);

-- CreateIndex
CREATE INDEX "answer_link_book_reply_idx" ON "answer_link"("book", "reply");
