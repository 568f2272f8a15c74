-- CreateTable
CREATE UNLOGGED TABLE "call_allowance" (
    "caller" TEXT NOT NULL,
    "left" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "call_allowance_pkey" PRIMARY KEY ("caller")
);
