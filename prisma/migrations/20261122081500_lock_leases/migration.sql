-- CreateTable
CREATE TABLE "lock_lease" (
    "book" TEXT NOT NULL,
    "lock" TEXT NOT NULL,
    "token" INTEGER NOT NULL,
    "term" INTEGER NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "lock_lease_pkey" PRIMARY KEY ("book","lock")
);
