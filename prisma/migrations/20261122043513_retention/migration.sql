-- CreateTable
CREATE TABLE "retention_rule" (
    "book" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "days" INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    "setBy" TEXT NOT NULL,
    "setAt" TIMESTAMPTZ(3) NOT NULL,
    "lastRunAt" TIMESTAMPTZ(3),
    "erased" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "retention_rule_pkey" PRIMARY KEY ("book","kind")
);

-- CreateTable
CREATE TABLE "legal_hold" (
    "book" TEXT NOT NULL,
    "record" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "legal_hold_pkey" PRIMARY KEY ("book","record")
);
