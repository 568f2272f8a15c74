-- AlterTable
ALTER TABLE "book" ADD COLUMN "seated" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "authority" (
    "book" TEXT NOT NULL,
    "mandate" INTEGER NOT NULL,
    "term" INTEGER NOT NULL,
    "member" TEXT,
    "register" TEXT,
    "frontier" BYTEA,

    CONSTRAINT "authority_pkey" PRIMARY KEY ("book")
);

-- CreateTable
CREATE TABLE "introduction" (
    "owner" TEXT NOT NULL,
    "organisation" TEXT NOT NULL,
    "kid" TEXT NOT NULL,
    "partner" BOOLEAN NOT NULL,
    "groups" TEXT[],

    CONSTRAINT "introduction_pkey" PRIMARY KEY ("owner","organisation")
);

-- CreateTable
CREATE TABLE "statement" (
    "book" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "nr" INTEGER NOT NULL,
    "token" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "statement_pkey" PRIMARY KEY ("book","kind","nr")
);

-- CreateTable
CREATE TABLE "frame" (
    "book" TEXT NOT NULL,
    "to" INTEGER NOT NULL,
    "head" TEXT NOT NULL,
    "frontier" BYTEA NOT NULL,
    "term" INTEGER NOT NULL,
    "body" TEXT,
    "approval" TEXT,
    "receipt" TEXT,

    CONSTRAINT "frame_pkey" PRIMARY KEY ("book","to")
);

-- CreateTable
CREATE TABLE "evidence" (
    "id" SERIAL NOT NULL,
    "book" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "first" TEXT NOT NULL,
    "second" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "evidence_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "evidence_book_kind_detail_key" ON "evidence"("book", "kind", "detail");

-- Bodies are read back within moments: compressing them costs more than it saves.
ALTER TABLE "frame" ALTER COLUMN "body" SET STORAGE EXTERNAL;
-- Frames that are not final yet are few.
CREATE INDEX "frame_tail" ON "frame" ("book", "to") WHERE "body" IS NOT NULL;
