-- CreateTable
CREATE TABLE "key_statement" (
    "organisation" TEXT NOT NULL,
    "nr" INTEGER NOT NULL,
    "token" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "key_statement_pkey" PRIMARY KEY ("organisation","nr")
);
