-- AlterTable
ALTER TABLE "organisation" ADD COLUMN     "forwardsInquiries" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "places" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "inquiry" (
    "id" UUID NOT NULL,
    "case" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "inquiry_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "case_record" (
    "case" TEXT NOT NULL,
    "book" TEXT NOT NULL,
    "record" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "token" TEXT NOT NULL,
    "disclosures" TEXT NOT NULL,
    "unset" TEXT NOT NULL,
    "organisation" TEXT NOT NULL,
    "via" TEXT NOT NULL,
    "inquiry" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "case_record_pkey" PRIMARY KEY ("case","book","record")
);

-- CreateTable
CREATE TABLE "case_book" (
    "case" TEXT NOT NULL,
    "book" TEXT NOT NULL,
    "papers" TEXT NOT NULL,
    "via" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "case_book_pkey" PRIMARY KEY ("case","book")
);

-- CreateIndex
CREATE INDEX "inquiry_case_at_idx" ON "inquiry"("case", "at");
